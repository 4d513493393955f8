#pragma once
// Regression by absolute errors, whose best constant is the median: ℓ_j(w) = |a_jᵀ w + b − y_j|.
// Not smooth: gradients are subgradients with sign(0) = 0, there are no second derivatives.

#include <cmath>

#include "problems/objectives/scalar_loss.hpp"

namespace cohort {

struct AbsoluteRegression : ScalarModel<AbsoluteRegression> {
  static constexpr std::string_view name = "absolute";
  static constexpr std::string_view summary = "linear regression by absolute errors, not smooth";
  static constexpr std::string_view source = "";
  using Options = LinearModelOptions;
  struct Loss {
    static constexpr bool is_convex = true, is_smooth = false;
    static constexpr Outcome outcome = Outcome::value;
    LinePoint at(double z, double y) const {
      const double e = z - y;
      return {std::abs(e), e == 0 ? 0 : std::copysign(1.0, e), 0, 0};
    }
  };
  static Loss loss(const Options&) { return {}; }
};

}  // namespace cohort
