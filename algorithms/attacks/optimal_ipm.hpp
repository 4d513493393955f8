#pragma once
// Optimal inner-product manipulation with the factor that harms the rule in use most:
// all send −τ μ with the τ that a line search finds (line_search.hpp).
// As in Allouah et al., AISTATS 2023. Cost: a trial is n-dimensional work against a rule that gives
// weights, a pass over the rows against another.

#include "algorithms/attacks/line_search.hpp"

namespace cohort {

struct OptimalIpm {
  static constexpr std::string_view name = "optimal_ipm";
  static constexpr std::string_view summary =
      "the negated honest mean, scaled to harm the rule most";
  static constexpr std::string_view source = "Xie et al., UAI 2019; Allouah et al., AISTATS 2023";
  using Options = LineSearchOptions;
  Options options;

  Result<Vec> collude(const Collusion& collusion) const {
    return most_damage(options, collusion,
                       [&](double t) { return away_from_mean(collusion.honest, 1.0 + t); });
  }
};

}  // namespace cohort
