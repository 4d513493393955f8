#pragma once
// The linear support vector machine with a penalty that stops to grow: neither smooth nor convex.
//   ℓ_j(w) = max{0, 1 − y_j (a_jᵀ w + b)},   r(w) = (λ/2)‖w‖² + κ Σ_i min{|w_i|, α}
// The penalty is part of the value, and gradients are subgradients of all of it, so that methods
// for nonsmooth nonconvex functions see what they are made for.
// Source: the capped l1 norm is that of Zhang, Analysis of multi-stage convex relaxation for sparse
//   regularization, JMLR 11 (2010).

#include "problems/objectives/hinge.hpp"

namespace cohort {

struct CappedSvm : ScalarModel<CappedSvm> {
  static constexpr std::string_view name = "capped_svm";
  static constexpr std::string_view summary =
      "support vector machine with a capped l1 penalty, neither smooth nor convex";
  static constexpr std::string_view source = "Zhang, JMLR 11 (2010)";
  struct Options : LinearModelOptions {
    double capped_l1 = 1e-3;
    double cap = 1;
    static void declare(OptionTable<Options>& t) {
      LinearModelOptions::declare(t);
      t.add("capped_l1", &Options::capped_l1, non_negative, "κ of κ·Σ min(|weight|, α)");
      t.add("cap", &Options::cap, positive, "α: a larger weight costs no more");
    }
  };
  using Loss = HingeLoss;
  static Loss loss(const Options&) { return {}; }
  static Regulariser regulariser(const Options& options) {
    return {.l2 = options.l2, .capped_l1 = options.capped_l1, .cap = options.cap};
  }
};

}  // namespace cohort
