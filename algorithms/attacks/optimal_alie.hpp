#pragma once
// Optimal a little is enough with the factor that harms the rule in use most:
// all send μ − z σ with the z that a line search finds (line_search.hpp).
// As in Allouah et al., AISTATS 2023. Cost: a trial is n-dimensional work against a rule that gives
// weights, a pass over the rows against another.

#include "algorithms/attacks/line_search.hpp"

namespace cohort {

struct OptimalAlie {
  static constexpr std::string_view name = "optimal_alie";
  static constexpr std::string_view summary =
      "the honest mean less deviations, scaled to harm the rule most";
  static constexpr std::string_view source =
      "Baruch et al., NeurIPS 2019; Allouah et al., AISTATS 2023";
  using Options = LineSearchOptions;
  Options options;

  HonestDirection direction() const { return HonestDirection::deviation; }

  Result<Vec> collude(const Collusion& collusion) const {
    return most_damage(options, collusion,
                       [&](double t) { return away_from_mean(collusion.honest, 0.0, t); });
  }
};

}  // namespace cohort
