#pragma once
// Regression by Huber's function, which outliers move less: with e = a_jᵀ w + b − y_j
//   ℓ_j(w) = ½ e²  for |e| ≤ δ,   δ (|e| − ½ δ)  beyond.
// L = λ_max(AᵀA)/n + λ; μ = λ. Its second derivative jumps at |e| = δ.
// Source: Huber, Robust estimation of a location parameter, Ann. Math. Stat. 35 (1964).

#include <cmath>

#include "problems/objectives/scalar_loss.hpp"

namespace cohort {

struct HuberRegression : ScalarModel<HuberRegression> {
  static constexpr std::string_view name = "huber";
  static constexpr std::string_view summary = "linear regression that outliers move less";
  static constexpr std::string_view source = "Huber, Ann. Math. Stat. 35 (1964)";
  struct Options : LinearModelOptions {
    double delta = 1;
    static void declare(OptionTable<Options>& t) {
      LinearModelOptions::declare(t);
      t.add("delta", &Options::delta, positive, "δ: errors beyond it count linearly");
    }
  };
  struct Loss {
    static constexpr bool is_convex = true, is_smooth = true;
    static constexpr Outcome outcome = Outcome::value;
    LinePoint at(double z, double y) const {
      const double e = z - y, size = std::abs(e);
      if (size <= delta) return {0.5 * e * e, e, 1, 0};
      return {delta * (size - 0.5 * delta), std::copysign(delta, e), 0, 0};
    }
    double delta = 1;
  };
  static Loss loss(const Options& options) { return {options.delta}; }
};

}  // namespace cohort
