#include "problems/data/feature_skew.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/random.hpp"

namespace cohort {
namespace {

/// The s with s² = features, or 0.
std::size_t side_of(std::size_t features) {
  auto side = static_cast<std::size_t>(std::sqrt(static_cast<double>(features)));
  return side * side == features ? side : 0;
}

}  // namespace

Result<void> check_feature_skew(const FeatureSkew& skew, std::size_t features, bool is_sparse) {
  if (skew.type == FeatureSkew::Type::none) return {};
  if (is_sparse) {
    return bad_input("data.feature_skew: would fill the rows; expected dense data");
  }
  if (skew.type == FeatureSkew::Type::rotation && side_of(features) == 0) {
    return bad_input(fmt::format(
        "data.feature_skew: rotation expects square images, found {} features, no square",
        features));
  }
  return {};
}

template <class T>
void skew_row(const FeatureSkew& skew, std::uint64_t client, std::uint64_t clients,
              std::uint32_t file_row, std::uint64_t seed, std::span<T> row) {
  if (skew.type == FeatureSkew::Type::noise) {
    const double deviation =
        std::sqrt(skew.variance * static_cast<double>(client + 1) / static_cast<double>(clients));
    std::vector<double> noise(row.size());
    Stream(seed, Purpose::partition, file_row, 1).fill_normal(noise);
    for (std::size_t j = 0; j < row.size(); ++j) {
      row[j] = static_cast<T>(double{row[j]} + deviation * noise[j]);
    }
    return;
  }
  if (skew.type == FeatureSkew::Type::none) return;
  const std::size_t side = side_of(row.size());
  const std::uint64_t quarters = client % skew.turns * (4 / skew.turns);
  std::vector<T> from(row.size());
  for (std::uint64_t turn = 0; turn < quarters; ++turn) {
    std::copy(row.begin(), row.end(), from.begin());
    for (std::size_t i = 0; i < side; ++i) {
      for (std::size_t j = 0; j < side; ++j) row[i * side + j] = from[j * side + side - 1 - i];
    }
  }
}

template void skew_row(const FeatureSkew&, std::uint64_t, std::uint64_t, std::uint32_t,
                       std::uint64_t, std::span<double>);
template void skew_row(const FeatureSkew&, std::uint64_t, std::uint64_t, std::uint32_t,
                       std::uint64_t, std::span<float>);

}  // namespace cohort
