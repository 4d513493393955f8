#pragma once
// The topologies and mixing matrices that ship, by name. A program that brings its own adds it to a
// copy.

#include "algorithms/mixing.hpp"
#include "algorithms/topology.hpp"
#include "core/registry.hpp"

namespace cohort {

const Registry<Topology>& graphs();
const Registry<Mixing>& mixings();

}  // namespace cohort
