#pragma once
// The two products of a linear model with the rows a_j of a sample,
//   margins  Z = A Wᵀ + 1 bᵀ      and      their transpose  G += Rᵀ A, h += Rᵀ 1,
// for dense and sparse rows in single and double precision; everything is computed in double.
// A margin has the same bits in whatever sample its row appears, and an element of G is one chain
// of fused additions in the order of the rows. h adds the rows of a call by kernels::sum if K = 1,
// one by one otherwise. One form for all instruction sets.

#include <cstddef>
#include <cstdint>
#include <span>

#include "problems/data/rows.hpp"

namespace cohort {

/// The rows of a sample: all rows of a view, or those at the positions `picks` < rows.count().
struct SampleRows {
  Rows rows;
  std::span<const std::uint32_t> picks;

  std::size_t count() const { return picks.empty() ? rows.count() : picks.size(); }
  std::size_t position(std::size_t j) const { return picks.empty() ? j : picks[j]; }
  double label(std::size_t j) const { return rows.labels()[position(j)]; }
};

/// Coefficients of a linear model with K outputs over F features: weight [K × F] row-major, bias
/// [K], or empty for none.
struct LinearMap {
  std::size_t outputs = 1;
  std::span<const double> weight;
  std::span<const double> bias;
};
struct LinearSums {
  std::size_t outputs = 1;
  std::span<double> weight;
  std::span<double> bias;
};

/// How many of `count` ≥ 1 rows from `first` on to take at once, if both products are wanted: of
/// sparse rows about as many as fit a page of memory, where the second product finds them in L1
/// while the next ones arrive (measured: docs/performance.md). Depends on the rows alone.
std::size_t rows_together(const SampleRows& sample, std::size_t first, std::size_t count);

/// z[i·K + k] ← ⟨W_k, a_j⟩ + b_k, j = first + i, i < count.
void margins(const SampleRows& sample, std::size_t first, std::size_t count, const LinearMap& map,
             std::span<double> z);

/// G_k += Σ_i r[i·K + k] a_j, h_k += Σ_i r[i·K + k], j = first + i, i < count.
void add_transposed(const SampleRows& sample, std::size_t first, std::size_t count,
                    std::span<const double> r, const LinearSums& sums);

}  // namespace cohort
