#pragma once
// Nearest-neighbour mixing: each row becomes the mean of the n − f nearest to it, itself included.
//   y_i = (1/(n − f)) Σ_{j ∈ N(i)} x_j;   ties go to the lower index, after the row itself
// Allouah, Farhadkhani, Guerraoui, Gupta, Pinot, Stephan, AISTATS 2023. Before a rule that is
// (f, κ)-robust it gives κ' ≤ (8f/(n − f)) (κ + 1).
//
// Tolerates f < n/2. Cost: the distances (n²d/2), n sorts of n numbers, n³ for the new distances.

#include <algorithm>
#include <vector>

#include "algorithms/aggregation.hpp"

namespace cohort {

struct Nnm {
  static constexpr std::string_view name = "nnm";
  static constexpr std::string_view summary = "each update becomes the mean of its n - f nearest";
  static constexpr std::string_view source = "Allouah et al., AISTATS 2023";
  static constexpr bool needs_f = true;
  struct Options {};
  Options options;

  std::size_t tolerated(std::size_t n) const { return n == 0 ? 0 : (n - 1) / 2; }
  std::size_t rows_out(std::size_t n) const { return n; }

  Mat map(const Distances& distances, const RuleInput& input) const {
    const Index n = distances.rows();
    const Index count = n - static_cast<Index>(input.f);
    Mat m = Mat::Zero(n, n + 1);
    std::vector<std::pair<double, Index>> others(static_cast<std::size_t>(n));
    for (Index i = 0; i < n; ++i) {
      for (Index j = 0; j < n; ++j) {
        // The row itself comes before its duplicates.
        others[static_cast<std::size_t>(j)] = {j == i ? -1.0 : distances.d2(j, i), j};
      }
      std::nth_element(others.begin(), others.begin() + (count - 1), others.end());
      for (Index k = 0; k < count; ++k) {
        m(i, others[static_cast<std::size_t>(k)].second) = 1.0 / static_cast<double>(count);
      }
    }
    return m;
  }
};

}  // namespace cohort
