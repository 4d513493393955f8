#pragma once
// The linear support vector machine with a rounded corner: with m = y_j (a_jᵀ w + b), y_j = ±1,
//   ℓ_j(w) = 0  for m ≥ 1,   (1 − m)²/(2γ)  for 1 − γ ≤ m ≤ 1,   1 − m − ½ γ  below.
// Within ½ γ of the hinge. L = λ_max(AᵀA)/(γ n) + λ; μ = λ. Its second derivative jumps twice.
// Source: Shalev-Shwartz, Zhang, Stochastic dual coordinate ascent methods for regularized loss
//   minimization, JMLR 14 (2013), section 1.

#include "problems/objectives/scalar_loss.hpp"

namespace cohort {

struct SmoothedHinge : ScalarModel<SmoothedHinge> {
  static constexpr std::string_view name = "smoothed_hinge";
  static constexpr std::string_view summary = "linear support vector machine with a rounded corner";
  static constexpr std::string_view source = "Shalev-Shwartz, Zhang, JMLR 14 (2013)";
  struct Options : LinearModelOptions {
    double smoothing = 1;
    static void declare(OptionTable<Options>& t) {
      LinearModelOptions::declare(t);
      t.add("smoothing", &Options::smoothing, positive, "γ: width of the corner, in margins");
    }
  };
  struct Loss {
    static constexpr bool is_convex = true, is_smooth = true;
    static constexpr Outcome outcome = Outcome::binary;
    LinePoint at(double z, double y) const {
      const double short_of = 1 - y * z;
      if (short_of <= 0) return {};
      if (short_of >= smoothing) return {short_of - 0.5 * smoothing, -y, 0, 0};
      return {0.5 * short_of * short_of / smoothing, -y * short_of / smoothing, 1 / smoothing, 0};
    }
    double smoothing = 1;
  };
  static Loss loss(const Options& options) { return {options.smoothing}; }
};

}  // namespace cohort
