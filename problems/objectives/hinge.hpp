#pragma once
// The linear support vector machine: ℓ_j(w) = max{0, 1 − y_j (a_jᵀ w + b)}, y_j = ±1.
// Not smooth: gradients are subgradients, 0 where the margin is 1; no second derivatives.

#include "problems/objectives/scalar_loss.hpp"

namespace cohort {

/// max{0, 1 − y z}
struct HingeLoss {
  static constexpr bool is_convex = true, is_smooth = false;
  static constexpr Outcome outcome = Outcome::binary;
  LinePoint at(double z, double y) const {
    const double short_of = 1 - y * z;
    if (short_of <= 0) return {};
    return {short_of, -y, 0, 0};
  }
};

struct Hinge : ScalarModel<Hinge> {
  static constexpr std::string_view name = "hinge";
  static constexpr std::string_view summary = "linear support vector machine, not smooth";
  static constexpr std::string_view source = "Cortes, Vapnik, Mach. Learn. 20 (1995)";
  using Options = LinearModelOptions;
  using Loss = HingeLoss;
  static Loss loss(const Options&) { return {}; }
};

}  // namespace cohort
