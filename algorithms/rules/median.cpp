#include "algorithms/rules/median.hpp"

#include <algorithm>
#include <numeric>

#include "core/kernels.hpp"
#include "core/kernels_select.hpp"

namespace cohort {

namespace {

/// Per coordinate, the value at which the weights of the sorted values reach one half; where they
/// meet it exactly, the mean of that and the next, or the lower.
template <class T>
void weighted_median(std::span<const T* const> rows, std::size_t width,
                     std::span<const double> weights, Median::Even even, double* out) {
  const std::size_t n = rows.size();
  const double half = kernels::sum(weights) / 2.0;
  std::vector<std::size_t> order(n);
  for (std::size_t k = 0; k < width; ++k) {
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return rows[a][k] < rows[b][k]; });
    double below = 0.0;
    std::size_t at = 0;
    while (at + 1 < n && below + weights[order[at]] < half) below += weights[order[at++]];
    const double value = rows[order[at]][k];
    const bool meets = at + 1 < n && below + weights[order[at]] == half;
    out[k] = meets && even == Median::Even::mean
                 ? (value + static_cast<double>(rows[order[at + 1]][k])) / 2.0
                 : value;
  }
}

template <class T>
void median(std::span<const T* const> rows, std::size_t width, const RuleInput& input,
            Median::Even even, double* out) {
  if (!input.weights.empty()) return weighted_median(rows, width, input.weights, even, out);
  const std::size_t n = rows.size(), lower = (n - 1) / 2;
  const std::size_t upper = even == Median::Even::mean ? n / 2 : lower;
  kernels::mean_of_ranks(kernels::Selection(n, lower, upper), rows, width, out);
}

}  // namespace

void Median::tile(std::span<const double* const> rows, std::size_t width, const RuleInput& input,
                  double* out) const {
  median(rows, width, input, options.even, out);
}
void Median::tile(std::span<const float* const> rows, std::size_t width, const RuleInput& input,
                  double* out) const {
  median(rows, width, input, options.even, out);
}

}  // namespace cohort
