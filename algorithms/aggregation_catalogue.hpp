#pragma once
// The rules, row maps and attacks that ship, by name. A program that brings its own adds it to a
// copy.

#include "algorithms/aggregation.hpp"
#include "core/registry.hpp"

namespace cohort {

const Registry<Rule>& rules();
const Registry<RowMap>& row_maps();
const Registry<Attack>& attacks();

}  // namespace cohort
