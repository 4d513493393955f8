#pragma once
// A linear model of one output from its formula: φ(z, y) with its derivatives by z.
//
//   struct Huber : ScalarModel<Huber> {
//     static constexpr std::string_view name = "huber", summary = …, source = …;
//     struct Options : LinearModelOptions { double delta = 1; … };
//     struct Loss {                                         // φ
//       static constexpr bool is_convex = true, is_smooth = true;
//       static constexpr Outcome outcome = Outcome::value;
//       LinePoint at(double z, double y) const;             // φ, φ', φ'', φ''' at z
//       double delta;
//     };
//     static Loss loss(const Options& options);
//   };
//
// y is the label: a value, or ±1 of two classes. At a kink φ' is a subgradient, and at a jump of a
// higher derivative that is one of its one-sided values. A Regulariser other than l2 is
// `static Regulariser regulariser(const Options&)`; scores that are not the margin are
// `void to_scores(std::span<double> z) const` of Loss.

#include <memory>
#include <string>
#include <utility>

#include "problems/data/store.hpp"
#include "problems/objectives/linear_model.hpp"

namespace cohort {

template <class Loss>
class ScalarLoss final : public MarginLoss {
 public:
  explicit ScalarLoss(Loss loss) : loss_(std::move(loss)) {}

  std::size_t outputs() const override { return 1; }
  bool is_convex() const override { return Loss::is_convex; }
  bool is_smooth() const override { return Loss::is_smooth; }
  Prediction prediction() const override { return {Loss::outcome, 1, false}; }
  void to_scores(std::span<double> z) const override {
    if constexpr (requires { loss_.to_scores(z); }) loss_.to_scores(z);
  }

  void losses(std::span<double> z, std::span<const double> y,
              std::span<double> out) const override {
    for (std::size_t j = 0; j < y.size(); ++j) out[j] = at(z[j], y[j]).value;
  }
  void residuals(std::span<double> z, std::span<const double> y,
                 kernels::LossSum& sum) const override {
    double values[row_chunk];
    for (std::size_t j = 0; j < y.size(); ++j) {
      const LinePoint p = at(z[j], y[j]);
      values[j] = p.value;
      z[j] = p.first;
    }
    sum.add(kernels::sum({values, y.size()}));
  }
  void apply_curvature(std::span<double> z, std::span<const double> y,
                       std::span<double> s) const override {
    for (std::size_t j = 0; j < y.size(); ++j) s[j] *= at(z[j], y[j]).second;
  }
  void curvatures(std::span<double> z, std::span<const double> y,
                  std::span<double> out) const override {
    for (std::size_t j = 0; j < y.size(); ++j) out[j] = at(z[j], y[j]).second;
  }
  LinePoint along(std::span<double> z, std::span<const double> s, std::span<const double> y,
                  int order) const override {
    double terms[4][row_chunk];
    for (std::size_t j = 0; j < y.size(); ++j) {
      const LinePoint p = at(z[j], y[j]);
      terms[0][j] = p.value;
      terms[1][j] = p.first * s[j];
      terms[2][j] = p.second * s[j] * s[j];
      terms[3][j] = p.third * s[j] * s[j] * s[j];
    }
    const auto sum = [&](int k) { return k > order ? 0 : kernels::sum({terms[k], y.size()}); };
    return {sum(0), sum(1), sum(2), sum(3)};
  }

 private:
  LinePoint at(double z, double y) const {
    if constexpr (Loss::outcome == Outcome::binary) y = 2 * y - 1;  // stored as 0 and 1
    return loss_.at(z, y);
  }

  Loss loss_;
};

/// Error: the labels of the store are not what `outcome` says; `model` names who asks.
Result<void> check_labels(std::string_view model, Outcome outcome, const DataStore& store);

template <class Model>
struct ScalarModel {
  /// On any rows of `features` columns, with labels that are values, or 0 and 1.
  template <class Options>
  static std::unique_ptr<Function> make(std::size_t features, RowsOf rows, const Options& options) {
    using Loss = typename Model::Loss;
    auto loss = std::make_shared<const ScalarLoss<Loss>>(Model::loss(options));
    Regulariser regulariser{.l2 = options.l2};
    if constexpr (requires { Model::regulariser(options); }) {
      regulariser = Model::regulariser(options);
    }
    return std::make_unique<LinearModel>(std::string(Model::name), std::move(loss), features,
                                         std::move(rows), options, regulariser);
  }
  /// On the rows of a store, which outlives the function. Errors: its labels are of another kind.
  template <class Options>
  static Result<std::unique_ptr<Function>> bind(const Options& options, const DataStore& store) {
    COHORT_DO(options.check());
    COHORT_DO(check_labels(Model::name, Model::Loss::outcome, store));
    return make(store.features(), rows_of(store), options);
  }
};

}  // namespace cohort
