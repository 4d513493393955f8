#pragma once
// Poisson regression of counts, the generalised linear model with logarithmic link: the expected
// count is e^z, z = a_jᵀ w + b, and
//   ℓ_j(w) = e^z − y_j z          the negative log-likelihood without log y_j!, which w is not in.
// Convex; ∇ℓ_j is not Lipschitz, so L is a matter of where w is: L ≤ max_j e^z λ_max(AᵀA)/n + λ.
// Scores are e^z.
// Source: Nelder, Wedderburn, Generalized linear models, J. R. Stat. Soc. A 135 (1972).

#include "problems/objectives/linear_model.hpp"

namespace cohort {

/// φ(z, y) = e^z − y z; every derivative from the second on is e^z.
class PoissonLoss final : public MarginLoss {
 public:
  std::size_t outputs() const override { return 1; }
  bool is_convex() const override { return true; }
  void losses(std::span<double> z, std::span<const double> y, std::span<double> out) const override;
  void residuals(std::span<double> z, std::span<const double> y,
                 kernels::LossSum& sum) const override;
  void apply_curvature(std::span<double> z, std::span<const double> y,
                       std::span<double> s) const override;
  void curvatures(std::span<double> z, std::span<const double> y,
                  std::span<double> out) const override;
  LinePoint along(std::span<double> z, std::span<const double> s, std::span<const double> y,
                  int order) const override;
  Prediction prediction() const override { return {Outcome::value, 1, false}; }
  void to_scores(std::span<double> z) const override;
};

struct Poisson {
  static constexpr std::string_view name = "poisson";
  static constexpr std::string_view summary = "Poisson regression of counts";
  static constexpr std::string_view source = "Nelder, Wedderburn, J. R. Stat. Soc. A 135 (1972)";
  using Options = LinearModelOptions;

  /// On any rows of `features` columns with labels that are counts.
  static std::unique_ptr<Function> make(std::size_t features, RowsOf rows, const Options& options);
  /// On the rows of a store, which outlives the function. Errors: the labels are no values, or one
  /// that is held here is negative.
  static Result<std::unique_ptr<Function>> bind(const Options& options, const DataStore& store);
};

}  // namespace cohort
