#include "problems/objectives/logistic.hpp"

#include <fmt/format.h>

#include "core/kernels.hpp"
#include "problems/data/store.hpp"

namespace cohort {

namespace {

/// out ← −y x, with y = ±1 from the labels 0 and 1: the loss is softplus(−y z).
void times_minus_y(std::span<const double> x, std::span<const double> y, std::span<double> out) {
  as_vec(out).array() = (1 - 2 * as_vec(y).array()) * as_vec(x).array();
}

/// e ← σ(−|u|), in (0, ½]: σ(u) and σ(−u) are e and 1 − e, without cancellation in their product.
void tail(std::span<const double> u, std::span<double> e) {
  as_vec(e) = -as_vec(u).cwiseAbs();
  kernels::sigmoid(e, e);
}

}  // namespace

void LogisticLoss::losses(std::span<double> z, std::span<const double> y,
                          std::span<double> out) const {
  times_minus_y(z, y, out);
  kernels::softplus(out, out);
}

void LogisticLoss::residuals(std::span<double> z, std::span<const double> y,
                             kernels::LossSum& sum) const {
  sum.add_logistic(z, y);
}

void LogisticLoss::apply_curvature(std::span<double> z, std::span<const double>,
                                   std::span<double> s) const {
  tail(z, z);
  as_vec(s).array() *= as_vec(z).array() * (1 - as_vec(z).array());
}

void LogisticLoss::curvatures(std::span<double> z, std::span<const double>,
                              std::span<double> out) const {
  tail(z, z);
  as_vec(out).array() = as_vec(z).array() * (1 - as_vec(z).array());
}

LinePoint LogisticLoss::along(std::span<double> z, std::span<const double> s,
                              std::span<const double> y, int order) const {
  const std::size_t n = y.size();
  double memory[3][row_chunk];
  const std::span<double> slope(memory[0], n), e(memory[1], n), factor(memory[2], n);
  auto u = as_vec(z);
  auto f = as_vec(factor);
  auto tails = as_vec(e);
  LinePoint sums;

  times_minus_y(z, y, z);
  kernels::softplus(z, factor);
  sums.value = kernels::sum(factor);
  if (order < 1) return sums;

  times_minus_y(s, y, slope);
  tail(z, e);
  f = (u.array() > 0).select(1 - tails.array(), tails.array());
  sums.first = kernels::dot(factor, slope);
  if (order < 2) return sums;

  // φ'' = e (1 − e) and φ''' = φ'' (1 − 2 σ(u)), times powers of the slope.
  f.array() = tails.array() * (1 - tails.array()) * as_vec(slope).array();
  sums.second = kernels::dot(factor, slope);
  if (order < 3) return sums;

  f.array() *= as_vec(slope).array() * (1 - 2 * tails.array());
  f = (u.array() > 0).select(-f, f);
  sums.third = kernels::dot(factor, slope);
  return sums;
}

std::unique_ptr<Function> Logistic::make(std::size_t features, RowsOf rows,
                                         const Options& options) {
  return std::make_unique<LinearModel>(std::string(name), std::make_shared<const LogisticLoss>(),
                                       features, std::move(rows), options);
}

Result<std::unique_ptr<Function>> Logistic::bind(const Options& options, const DataStore& store) {
  COHORT_DO(options.check());
  const std::size_t classes = store.classes().size();
  if (classes == 0) {
    return bad_input("model logistic needs labels of two classes, and the data is for regression");
  }
  if (classes != 2) {
    return bad_input(fmt::format(
        "model logistic needs labels of two classes, and the data has {}; softmax takes any number",
        classes));
  }
  return make(store.features(), rows_of(store), options);
}

}  // namespace cohort
