#pragma once
// Multinomial logistic regression of C classes:
//   ℓ_j(w) = log Σ_c exp(W_c a_j + b_c) − (W_y a_j + b_y), y = y_j.

#include <memory>
#include <string_view>

#include "problems/objectives/linear_model.hpp"

namespace cohort {

/// φ(z, y) = log Σ_c e^{z_c} − z_y with labels 0 … C−1. With p = softmax(z): ∇φ = p − e_y,
/// ∇²φ = diag(p) − p pᵀ. A tie predicts the smallest class.
class SoftmaxLoss final : public MarginLoss {
 public:
  explicit SoftmaxLoss(std::size_t classes) : classes_(classes) {}
  std::size_t outputs() const override { return classes_; }
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
  Prediction prediction() const override { return {Outcome::classes, classes_, true}; }

 private:
  /// z ← softmax(z) in each row; losses [n], if wanted, are φ.
  void probabilities(std::span<double> z, std::span<const double> y,
                     std::span<double> losses) const;

  std::size_t classes_;
};

struct Softmax {
  static constexpr std::string_view name = "softmax";
  static constexpr std::string_view summary = "multinomial logistic regression";
  static constexpr std::string_view source = "";
  using Options = LinearModelOptions;

  /// On any rows of `features` columns with labels 0 … classes − 1.
  static std::unique_ptr<Function> make(std::size_t features, std::size_t classes, RowsOf rows,
                                        const Options& options);
  /// On the rows of a store, which outlives the function. Errors: the labels are not classes.
  static Result<std::unique_ptr<Function>> bind(const Options& options, const DataStore& store);
};

}  // namespace cohort
