#include "problems/data/standardize.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace cohort {
namespace {

/// f(feature, value) for every stored value of the given rows.
template <class F>
void for_each_value(const Rows& table, std::span<const std::uint32_t> train, F f) {
  visit(table, [&]<class Block>(const Block& block) {
    for (const auto row : train) {
      const auto values = block.values(row);
      if constexpr (Block::is_sparse) {
        const auto index = block.index(row);
        for (std::size_t k = 0; k < values.size(); ++k) f(std::size_t{index[k]}, double{values[k]});
      } else {
        for (std::size_t j = 0; j < values.size(); ++j) f(j, double{values[j]});
      }
    }
  });
}

}  // namespace

Result<FeatureScale> feature_scale(const Rows& table, std::span<const std::uint32_t> train,
                                   std::size_t features, Standardize mode) {
  FeatureScale result;
  if (mode == Standardize::none) return result;
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const auto n = static_cast<double>(train.size());
  std::vector<double> mean(features, 0.0);
  std::vector<double> squares(features, 0.0);
  std::vector<double> low(features, infinity);
  std::vector<double> high(features, -infinity);
  std::vector<std::uint32_t> stored(features, 0);
  for_each_value(table, train, [&](std::size_t j, double x) {
    mean[j] += x;
    low[j] = std::min(low[j], x);
    high[j] = std::max(high[j], x);
    ++stored[j];
  });
  for (auto& m : mean) m /= n;
  for_each_value(table, train, [&](std::size_t j, double x) {
    const double deviation = x - mean[j];
    squares[j] += deviation * deviation;
  });
  result.scale.resize(features);
  for (std::size_t j = 0; j < features; ++j) {
    const double zeros = n - static_cast<double>(stored[j]);
    if (zeros > 0.0) {
      low[j] = std::min(low[j], 0.0);
      high[j] = std::max(high[j], 0.0);
      squares[j] += zeros * (mean[j] * mean[j]);
    }
    // Equality of the extremes, not of the variance with 0: the rounding of the mean would leave a
    // constant feature a tiny variance, and blow its noise up to 1.
    const double deviation = std::sqrt(squares[j] / n);
    result.scale[j] = low[j] == high[j] || deviation == 0.0 ? 1.0 : deviation;
    if (low[j] == high[j]) mean[j] = low[j];
    if (!std::isfinite(result.scale[j]) || !std::isfinite(mean[j])) {
      return bad_input(fmt::format(
          "data.standardize: feature {} has values from {} to {}, whose squares overflow", j + 1,
          low[j], high[j]));
    }
  }
  if (mode == Standardize::global) result.mean = std::move(mean);
  return result;
}

}  // namespace cohort
