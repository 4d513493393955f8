#include "problems/objectives/softmax.hpp"

#include <algorithm>

#include "core/kernels.hpp"
#include "problems/data/store.hpp"

namespace cohort {

namespace {

std::size_t class_of(double label) { return static_cast<std::size_t>(label); }

}  // namespace

void SoftmaxLoss::probabilities(std::span<double> z, std::span<const double> y,
                                std::span<double> losses) const {
  const std::size_t n = y.size();
  double memory[2][row_chunk];
  const std::span<double> largest(memory[0], n), total(memory[1], n);
  for (std::size_t j = 0; j < losses.size(); ++j) losses[j] = z[j * classes_ + class_of(y[j])];
  softmax_rows(z, classes_, largest, total);
  if (losses.empty()) return;
  kernels::log(total, total);
  // In this order, so that a loss near 0 is not the difference of two large numbers.
  as_vec(losses) = as_vec(total) - (as_vec(losses) - as_vec(largest));
}

void SoftmaxLoss::losses(std::span<double> z, std::span<const double> y,
                         std::span<double> out) const {
  probabilities(z, y, out);
}

void SoftmaxLoss::residuals(std::span<double> z, std::span<const double> y,
                            kernels::LossSum& sum) const {
  double memory[row_chunk];
  const std::span<double> losses(memory, y.size());
  probabilities(z, y, losses);
  for (std::size_t j = 0; j < y.size(); ++j) z[j * classes_ + class_of(y[j])] -= 1;
  sum.add(kernels::sum(losses));
}

void SoftmaxLoss::apply_curvature(std::span<double> z, std::span<const double> y,
                                  std::span<double> s) const {
  probabilities(z, y, {});
  for (std::size_t j = 0; j < y.size(); ++j) {
    const auto p = z.subspan(j * classes_, classes_);
    const auto slope = s.subspan(j * classes_, classes_);
    double mean = 0;
    for (std::size_t c = 0; c < classes_; ++c) mean += p[c] * slope[c];
    for (std::size_t c = 0; c < classes_; ++c) slope[c] = p[c] * (slope[c] - mean);
  }
}

void SoftmaxLoss::curvatures(std::span<double> z, std::span<const double> y,
                             std::span<double> out) const {
  probabilities(z, y, {});
  auto q = out.begin();
  for (std::size_t j = 0; j < y.size(); ++j) {
    const auto p = z.subspan(j * classes_, classes_);
    for (std::size_t c = 0; c < classes_; ++c) {
      // 1 − p_c as the sum of the others: a confident row keeps its small curvature.
      double others = 0;
      for (std::size_t k = 0; k < classes_; ++k) others += k == c ? 0 : p[k];
      *q++ = p[c] * others;
      for (std::size_t k = c + 1; k < classes_; ++k) *q++ = -p[c] * p[k];
    }
  }
}

LinePoint SoftmaxLoss::along(std::span<double> z, std::span<const double> s,
                             std::span<const double> y, int order) const {
  double memory[row_chunk];
  const std::span<double> losses(memory, y.size());
  LinePoint sums;
  probabilities(z, y, losses);
  sums.value = kernels::sum(losses);
  // The derivatives of log Σ e^z are the mean and the central moments of the slope under p.
  for (std::size_t j = 0; j < (order < 1 ? 0 : y.size()); ++j) {
    const auto p = z.subspan(j * classes_, classes_);
    const auto slope = s.subspan(j * classes_, classes_);
    double mean = 0;
    for (std::size_t c = 0; c < classes_; ++c) mean += p[c] * slope[c];
    sums.first += mean - slope[class_of(y[j])];
    for (std::size_t c = 0; c < (order < 2 ? 0 : classes_); ++c) {
      const double apart = slope[c] - mean;
      sums.second += p[c] * apart * apart;
      if (order == 3) sums.third += p[c] * apart * apart * apart;
    }
  }
  return sums;
}

std::unique_ptr<Function> Softmax::make(std::size_t features, std::size_t classes, RowsOf rows,
                                        const Options& options) {
  return std::make_unique<LinearModel>(std::string(name),
                                       std::make_shared<const SoftmaxLoss>(classes), features,
                                       std::move(rows), options);
}

Result<std::unique_ptr<Function>> Softmax::bind(const Options& options, const DataStore& store) {
  COHORT_DO(options.check());
  const std::size_t classes = store.classes().size();
  if (classes == 0) {
    return bad_input("model softmax needs labels that are classes, and the data is for regression");
  }
  return make(store.features(), classes, rows_of(store), options);
}

}  // namespace cohort
