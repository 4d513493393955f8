#pragma once
// The k coordinates of largest magnitude, exactly; of equal magnitudes those of lower index.
//
// The k-th largest magnitude is found by its bits, which order like the numbers: a sample brackets
// it, one pass counts what lies above the bracket and keeps what lies inside, and the rest is a
// selection among those few. A bracket that misses costs time, never the result. A NaN counts as
// larger than any number, so that it is seen.

#include <cstddef>
#include <cstdint>
#include <span>

namespace cohort::kernels {

struct TopThreshold {
  std::uint64_t magnitude = 0;  // bits of the k-th largest |x_i|
  std::size_t ties = 0;         // of those that are equal to it, how many are among the k

  friend bool operator==(const TopThreshold&, const TopThreshold&) = default;
};

/// 1 ≤ k ≤ x.size() (checked).
TopThreshold top_threshold(std::span<const double> x, std::size_t k);

/// Indices, ascending, and values of the coordinates that a threshold of x selects; `indices` and
/// `values` have room for k.
void collect_top(std::span<const double> x, const TopThreshold& threshold,
                 std::span<std::uint32_t> indices, std::span<double> values);

}  // namespace cohort::kernels
