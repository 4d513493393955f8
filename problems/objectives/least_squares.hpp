#pragma once
// Least squares: ℓ_j(w) = ½ (a_jᵀ w + b − y_j)²; with l2 ridge regression, with the penalty l1 the
// lasso. Without penalties and bias the minimiser solves (AᵀA/n + λ I) w = Aᵀy/n.
// L = λ_max(AᵀA)/n + λ, μ = λ_min(AᵀA)/n + λ.

#include "problems/objectives/scalar_loss.hpp"

namespace cohort {

struct LeastSquares : ScalarModel<LeastSquares> {
  static constexpr std::string_view name = "least_squares";
  static constexpr std::string_view summary = "linear regression by squared errors";
  static constexpr std::string_view source = "";
  using Options = LinearModelOptions;
  struct Loss {
    static constexpr bool is_convex = true, is_smooth = true;
    static constexpr Outcome outcome = Outcome::value;
    LinePoint at(double z, double y) const {
      const double e = z - y;
      return {0.5 * e * e, e, 1, 0};
    }
  };
  static Loss loss(const Options&) { return {}; }
};

}  // namespace cohort
