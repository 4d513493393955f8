#pragma once
// Logistic regression with a bounded nonconvex regulariser, a smooth nonconvex benchmark:
//   ℓ_j(w) = log(1 + exp(−y_j (a_jᵀ w + b))),   r(w) = (λ/2)‖w‖² + ν Σ_i w_i²/(1 + w_i²)
// L = λ_max(AᵀA)/(4n) + λ + 2ν; the curvature of r is at least λ − ν/2.
// Source: the regulariser is that of Antoniadis, Gijbels, Nikolova, Penalized likelihood regression
//   for generalized linear models with non-quadratic penalties, Ann. Inst. Stat. Math. 63 (2011).

#include "problems/objectives/logistic.hpp"

namespace cohort {

struct NonconvexLogistic {
  static constexpr std::string_view name = "nonconvex_logistic";
  static constexpr std::string_view summary =
      "logistic regression of two classes with a bounded nonconvex regulariser";
  static constexpr std::string_view source =
      "Antoniadis, Gijbels, Nikolova, Ann. Inst. Stat. Math. 63 (2011)";
  struct Options : LinearModelOptions {
    double nonconvex = 0.1;
    static void declare(OptionTable<Options>& t) {
      LinearModelOptions::declare(t);
      t.add("nonconvex", &Options::nonconvex, non_negative, "ν of ν·Σ w²/(1 + w²)");
    }
  };

  /// On any rows of `features` columns with labels 0 and 1.
  static std::unique_ptr<Function> make(std::size_t features, RowsOf rows, const Options& options);
  /// On the rows of a store, which outlives the function. Errors: the labels are not two classes.
  static Result<std::unique_ptr<Function>> bind(const Options& options, const DataStore& store);
};

}  // namespace cohort
