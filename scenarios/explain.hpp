#pragma once
// `cohort run --explain`: the effective scenario, and where each value comes from.

#include <string>

#include "scenarios/scenario.hpp"

namespace cohort {

/// TOML that reads back to the same scenario, one value a line, each with a comment: default,
/// FILE:line, --set, or the case; then the algorithms chosen and their sources.
std::string explain(const Scenario& scenario);

}  // namespace cohort
