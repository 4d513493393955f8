#pragma once
// Clients that see the world differently: what client k of N does to each of its rows, those of its
// own test too, after scaling. Validation and test rows stay as they are.
//
// noise: x_j ← x_j + s_k z_j, s_k² = variance · (k + 1)/N, z ~ N(0, 1) of its own for every row of
//   the file. Li, Diao, Chen, He, ICDE 2022, section IV.
// rotation: images of side × side are turned counterclockwise by (k mod turns) · 360/turns degrees,
//   turns 2 or 4. Ghosh, Chung, Yin, Ramchandran, NeurIPS 2020, rotated MNIST.

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/result.hpp"

namespace cohort {

struct FeatureSkew {
  enum class Type { none, noise, rotation } type = Type::none;
  double variance = 0.1;    // noise, ≥ 0: of the last client
  std::uint64_t turns = 4;  // rotation, 2 or 4
};

/// Errors (bad_input): rotation of rows that are no square image, or anything for sparse rows.
Result<void> check_feature_skew(const FeatureSkew& skew, std::size_t features, bool is_sparse);

/// One row of client `client` of `clients`, whose number in the files is `file_row`. Stream: (seed,
/// Purpose::partition, file_row, 1). T is float or double.
template <class T>
void skew_row(const FeatureSkew& skew, std::uint64_t client, std::uint64_t clients,
              std::uint32_t file_row, std::uint64_t seed, std::span<T> row);

}  // namespace cohort
