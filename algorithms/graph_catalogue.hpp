#pragma once
// The topologies, mixing matrices and walks that ship, by name. A program that brings its own adds
// it to a copy.

#include "algorithms/mixing.hpp"
#include "algorithms/topology.hpp"
#include "algorithms/walk.hpp"
#include "core/registry.hpp"

namespace cohort {

const Registry<Topology>& graphs();
const Registry<Mixing>& mixings();
const Registry<WalkKernel>& walks();

}  // namespace cohort
