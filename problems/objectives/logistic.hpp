#pragma once
// Logistic regression of two classes: ℓ_j(w) = log(1 + exp(−y_j (a_jᵀ w + b))), y_j = ±1.

#include <memory>
#include <string_view>

#include "problems/objectives/linear_model.hpp"

namespace cohort {

/// φ(z, y) = log(1 + e^{−y z}); labels are stored as 0 for −1 and 1 for +1.
/// φ' = −y σ(−y z), φ'' = σ(z) σ(−z). A margin of 0 predicts +1.
class LogisticLoss final : public MarginLoss {
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
  Prediction prediction() const override { return {Outcome::binary, 1, true}; }
};

struct Logistic {
  static constexpr std::string_view name = "logistic";
  static constexpr std::string_view summary = "logistic regression of two classes";
  static constexpr std::string_view source = "";
  using Options = LinearModelOptions;

  /// On any rows of `features` columns with labels 0 and 1.
  static std::unique_ptr<Function> make(std::size_t features, RowsOf rows, const Options& options);
  /// On the rows of a store, which outlives the function. Errors: the labels are not two classes.
  static Result<std::unique_ptr<Function>> bind(const Options& options, const DataStore& store);
};

}  // namespace cohort
