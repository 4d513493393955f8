#pragma once
// The factor of an attack that does the most damage to the rule in use, upwards from 0: steps that
// double while the damage grows, then steps that shrink. As ByzFL searches.
//   t = 0, δ = 10;  while t + δ is worse for the rule than t: t ← t + δ, δ ← 2δ;  then δ ← 0.8 δ
//   and as often as evaluations are left: t ← t + δ if that is worse, δ ← 0.8 δ

#include <functional>

#include "algorithms/aggregation.hpp"
#include "core/options.hpp"

namespace cohort {

struct LineSearchOptions {
  std::size_t evaluations = 20;
  double step = 10.0;
  static void declare(OptionTable<LineSearchOptions>& t) {
    t.add("evaluations", &LineSearchOptions::evaluations, at_least(1), "of the rule in use");
    t.add("step", &LineSearchOptions::step, positive, "first step of the factor");
  }
};

/// The weights of row(t) at the t that was found.
Result<Vec> most_damage(const LineSearchOptions& options, const Collusion& collusion,
                        const std::function<Vec(double t)>& row);

}  // namespace cohort
