#pragma once
// Everything that an Oracle may be asked about a generalised linear model with K outputs,
//   ℓ_j(w) = φ(W a_j + b, y_j),   r(w) = Σ ρ(W_kf)  (b_k too if penalize_intercept),
// from the derivatives of φ alone; ρ(t) = (λ/2) t² unless the model says otherwise. A new model is
// a MarginLoss; logistic and softmax are two, scalar_loss.hpp makes those of one output of a
// formula.

#include <functional>
#include <memory>
#include <string>

#include "core/kernels.hpp"
#include "core/options.hpp"
#include "core/oracle.hpp"
#include "problems/objectives/regulariser.hpp"
#include "problems/objectives/row_products.hpp"

namespace cohort {

/// φ(z, y) as a function of the K margins z of a row, for chunks of n ≤ row_chunk rows: z, s, r
/// [n × K] row-major, y [n] the labels as stored. z may be overwritten where it is not const.
class MarginLoss {
 public:
  static constexpr std::size_t row_chunk = 256;

  virtual ~MarginLoss() = default;
  /// K
  virtual std::size_t outputs() const = 0;
  /// Whether φ is convex in z.
  virtual bool is_convex() const = 0;
  /// Whether ∇φ is everywhere; else residuals() takes a subgradient at the kinks, and curvatures()
  /// and what follows from them are not asked.
  virtual bool is_smooth() const { return true; }
  /// out [n]: φ(z_j, y_j)
  virtual void losses(std::span<double> z, std::span<const double> y,
                      std::span<double> out) const = 0;
  /// sum ← sum + Σ_j φ(z_j, y_j), and z_j ← ∇φ(z_j, y_j).
  virtual void residuals(std::span<double> z, std::span<const double> y,
                         kernels::LossSum& sum) const = 0;
  /// s_j ← ∇²φ(z_j, y_j) s_j
  virtual void apply_curvature(std::span<double> z, std::span<const double> y,
                               std::span<double> s) const = 0;
  /// out [n × K(K+1)/2]: the upper triangle of ∇²φ(z_j, y_j), row-major
  virtual void curvatures(std::span<double> z, std::span<const double> y,
                          std::span<double> out) const = 0;
  /// φ(z_j + τ s_j) and its derivatives by τ at 0, summed over the rows, to order `order` ≤ 3.
  virtual LinePoint along(std::span<double> z, std::span<const double> s, std::span<const double> y,
                          int order) const = 0;
  /// What the scores say of a row.
  virtual Prediction prediction() const = 0;
  /// Margins [n × K] become scores, which they are unless a model says otherwise.
  virtual void to_scores(std::span<double>) const {}
};

struct LinearModelOptions {
  double l2 = 0;
  double l1 = 0;
  double group = 0;
  std::uint64_t group_size = 1;
  bool intercept = true;
  bool penalize_intercept = false;

  /// Errors: a bias is to be penalized that the model does not have, or by what leaves biases out.
  Result<void> check() const;
  template <class O>
  static void declare(OptionTable<O>& t) {
    t.add("l2", &LinearModelOptions::l2, non_negative, "λ of the regulariser (λ/2)·‖weight‖²");
    t.add("l1", &LinearModelOptions::l1, non_negative,
          "λ₁ of the penalty λ₁·‖weight‖₁, for an optimizer that steps by the proximal operator; "
          "with l2: the elastic net");
    t.add("group", &LinearModelOptions::group, non_negative,
          "λ of the penalty λ·Σ √|G|·‖weight_G‖ over groups of features, likewise");
    t.add("group_size", &LinearModelOptions::group_size, at_least(1),
          "consecutive features in a group");
    t.add("intercept", &LinearModelOptions::intercept, "whether each output has a bias");
    t.add("penalize_intercept", &LinearModelOptions::penalize_intercept,
          "whether the regulariser counts the bias, as in LIBLINEAR");
  }
};

/// Where rows come from: a client's, or this process's part of an evaluation set. The rows outlive
/// the function.
using RowsOf = std::function<Rows(RowSource, ClientId)>;

class DataStore;
/// The rows that this process holds of a store, which outlives what is returned: none of a client
/// that is not here.
RowsOf rows_of(const DataStore& store);

/// Layout: "weight" [K × F] row-major, then "bias" [K]. Cost of a query: one pass over the rows
/// for value, gradient, jvp, hvp and along (then O(nK) a point); gram b/2 passes; hessian F passes
/// over dense rows, Σ (non-zeros of a row)² · K²/4 over sparse ones, which also allocate O(nnz).
/// Sums over rows are trie sums; entries of a sparse Hessian add rows in ascending order.
/// Outputs must not overlap inputs. Sparse rows give a Hessian with the entries (i, j) for which
/// some row has both features, and the diagonal that the regulariser fills.
class LinearModel final : public Function {
 public:
  LinearModel(std::string name, std::shared_ptr<const MarginLoss> loss, std::size_t features,
              RowsOf rows, const LinearModelOptions& options, Regulariser regulariser);
  /// With ρ(t) = (l2/2) t².
  LinearModel(std::string name, std::shared_ptr<const MarginLoss> loss, std::size_t features,
              RowsOf rows, const LinearModelOptions& options)
      : LinearModel(std::move(name), std::move(loss), features, std::move(rows), options,
                    Regulariser{.l2 = options.l2}) {}

  std::string_view name() const override { return name_; }
  const Layout& layout() const override { return layout_; }
  /// Everything, linear_view only where K = 1; without a smooth φ and ρ neither Hessians nor what
  /// is made of them (hvp, hessian, line, linear_view).
  Capabilities capabilities() const override;
  std::uint64_t rows(RowSource source, ClientId client) const override;
  Prediction prediction() const override { return loss_->prediction(); }

  double value(Context, const Sample&, VecView w) const override;
  void losses(Context, const Sample&, VecView w, std::span<double> out) const override;
  double gradient(Context, const Sample&, VecView w, std::span<const double> weights,
                  VecRef g) const override;
  void hvp(Context, const Sample&, VecView w, VecView v, VecRef out) const override;
  double jvp(Context, const Sample&, VecView w, VecView v) const override;
  void hessian(Context, const Sample&, VecView w, HessianSink& sink) const override;
  std::unique_ptr<Line> along(Context, const Sample&, VecView w, VecView v) const override;
  void gram(Context, const Sample&, VecView w, Eigen::Ref<Mat> out) const override;
  LinearView linear_view(Context, const Sample&, VecView w) const override;
  void predict(Context, const Sample&, VecView w, std::span<double> losses,
               std::span<double> scores) const override;
  void labels(const Sample&, std::span<double> out) const override;
  double regulariser(VecView w) const override;
  /// Not with a penalty ψ either: its minimiser is not that of the smooth part.
  bool is_convex() const override;

 private:
  SampleRows sample_rows(const Sample& sample) const;
  LinearMap map(VecView w) const;
  LinearSums sums(std::span<double> g) const;
  /// The coordinates that the regulariser is of.
  std::span<const double> penalized(VecView w) const { return as_span(w).first(penalized_); }

  std::string name_;
  std::shared_ptr<const MarginLoss> loss_;  // shared by the models of one kind; it has no state
  std::size_t features_;
  RowsOf rows_;
  Layout layout_;
  Regulariser regulariser_;
  std::size_t penalized_;  // the regulariser is of the coordinates [0, penalized_)
};

}  // namespace cohort
