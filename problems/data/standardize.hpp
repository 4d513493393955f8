#pragma once
// Feature scaling from training rows:
//   global  x ← (x − m_j)/s_j      m_j mean, s_j standard deviation (divided by n)
//   scale   x ← x/s_j              zeros stay zeros: the form for sparse data
// Two passes (m, then Σ (x − m)²), rows in file order, so that the result depends on the rows
// alone: every process computes it from the whole table and gets the same bits. A feature that is
// constant over the training rows has s_j = 1.

#include <cstdint>
#include <span>
#include <vector>

#include "core/result.hpp"
#include "problems/data/rows.hpp"

namespace cohort {

enum class Standardize { none, scale, global };

struct FeatureScale {
  std::vector<double> mean;   // [features] subtracted; empty when nothing is
  std::vector<double> scale;  // [features] divided by; empty for `none`
};

/// `train` are row numbers of `table`; `features` ≥ table.features() (missing ones are zero).
/// Error bad_input: values so large that their squares overflow (names the feature, from 1).
Result<FeatureScale> feature_scale(const Rows& table, std::span<const std::uint32_t> train,
                                   std::size_t features, Standardize mode);

}  // namespace cohort
