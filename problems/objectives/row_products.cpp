#include "problems/objectives/row_products.hpp"

#include <immintrin.h>

#include <algorithm>
#include <cmath>

#include "core/kernels.hpp"
#include "core/kernels_sparse.hpp"
#include "core/vec.hpp"

namespace cohort {

namespace {

constexpr std::size_t lanes = 4;

inline __m256d load(const double* x) { return _mm256_loadu_pd(x); }
inline __m256d load(const float* x) { return _mm256_cvtps_pd(_mm_loadu_ps(x)); }

/// (x0 + x1) + (x2 + x3)
inline double fold(__m256d x) {
  const __m128d pairs = _mm_hadd_pd(_mm256_castpd256_pd128(x), _mm256_extractf128_pd(x, 1));
  return _mm_cvtsd_f64(_mm_add_sd(pairs, _mm_unpackhi_pd(pairs, pairs)));
}

// z for R rows and C outputs. Each margin has 4 lanes, lane l taking the features ≡ l (mod 4), and
// the features past the last multiple of 4 one chain of their own: the same for every R and C, so
// R · C = 8 chains hide the latency and the bits do not tell which tile a row was in.
template <std::size_t R, std::size_t C, class T>
inline void margin_tile(const T* const* a, const double* weight, std::size_t features,
                        const double* bias, double* z, std::size_t outputs) {
  __m256d sum[R][C];
  double tail[R][C] = {};
  for (auto& row : sum) std::fill(row, row + C, _mm256_setzero_pd());
  std::size_t f = 0;
  for (; f + lanes <= features; f += lanes) {
    __m256d w[C];
    for (std::size_t c = 0; c < C; ++c) w[c] = load(weight + c * features + f);
    for (std::size_t r = 0; r < R; ++r) {
      const __m256d x = load(a[r] + f);
      for (std::size_t c = 0; c < C; ++c) sum[r][c] = _mm256_fmadd_pd(x, w[c], sum[r][c]);
    }
  }
  for (; f < features; ++f) {
    for (std::size_t r = 0; r < R; ++r) {
      for (std::size_t c = 0; c < C; ++c) {
        tail[r][c] = std::fma(static_cast<double>(a[r][f]), weight[c * features + f], tail[r][c]);
      }
    }
  }
  for (std::size_t r = 0; r < R; ++r) {
    for (std::size_t c = 0; c < C; ++c) {
      const double product = fold(sum[r][c]) + tail[r][c];
      z[r * outputs + c] = bias == nullptr ? product : product + bias[c];
    }
  }
}

template <std::size_t R, class T>
inline void margin_rows(const T* const* a, std::size_t features, const LinearMap& map, double* z) {
  const double* bias = map.bias.empty() ? nullptr : map.bias.data();
  std::size_t c = 0;
  if constexpr (R <= 4) {
    for (; c + 2 <= map.outputs; c += 2) {
      margin_tile<R, 2>(a, map.weight.data() + c * features, features,
                        bias == nullptr ? nullptr : bias + c, z + c, map.outputs);
    }
  }
  for (; c < map.outputs; ++c) {
    margin_tile<R, 1>(a, map.weight.data() + c * features, features,
                      bias == nullptr ? nullptr : bias + c, z + c, map.outputs);
  }
}

template <std::size_t R, class T>
const T* const* row_pointers(const DenseRows<T>& block, const SampleRows& sample, std::size_t first,
                             const T* (&a)[R]) {
  for (std::size_t r = 0; r < R; ++r) {
    a[r] = block.first + sample.position(first + r) * block.stride;
  }
  return a;
}

template <std::size_t R, class T>
inline void margins_by(const DenseRows<T>& block, const SampleRows& sample, std::size_t& i,
                       std::size_t first, std::size_t count, const LinearMap& map, double* z) {
  const T* a[R];
  for (; i + R <= count; i += R) {
    margin_rows<R>(row_pointers(block, sample, first + i, a), block.features, map,
                   z + i * map.outputs);
  }
}

template <class T>
void block_margins(const DenseRows<T>& block, const SampleRows& sample, std::size_t first,
                   std::size_t count, const LinearMap& map, double* z) {
  std::size_t i = 0;
  if (map.outputs == 1) margins_by<8>(block, sample, i, first, count, map, z);
  margins_by<4>(block, sample, i, first, count, map, z);
  margins_by<2>(block, sample, i, first, count, map, z);
  margins_by<1>(block, sample, i, first, count, map, z);
}

// G for R rows, C outputs and V · 4 features at f; one chain an element, in the order of the rows.
template <std::size_t C, std::size_t V, class T>
inline void sum_tile(const T* const* a, std::size_t rows, const double* r, std::size_t outputs,
                     double* g, std::size_t features, std::size_t f) {
  __m256d sum[C][V];
  for (std::size_t c = 0; c < C; ++c) {
    for (std::size_t v = 0; v < V; ++v) sum[c][v] = load(g + c * features + f + v * lanes);
  }
  for (std::size_t j = 0; j < rows; ++j) {
    __m256d x[V];
    for (std::size_t v = 0; v < V; ++v) x[v] = load(a[j] + f + v * lanes);
    for (std::size_t c = 0; c < C; ++c) {
      const __m256d factor = _mm256_set1_pd(r[j * outputs + c]);
      for (std::size_t v = 0; v < V; ++v) sum[c][v] = _mm256_fmadd_pd(factor, x[v], sum[c][v]);
    }
  }
  for (std::size_t c = 0; c < C; ++c) {
    for (std::size_t v = 0; v < V; ++v) {
      _mm256_storeu_pd(g + c * features + f + v * lanes, sum[c][v]);
    }
  }
}

template <std::size_t C, class T>
inline void sum_outputs(const T* const* a, std::size_t rows, const double* r, std::size_t outputs,
                        double* g, std::size_t features) {
  constexpr std::size_t wide = C == 1 ? 8 : 4;
  std::size_t f = 0;
  for (; f + wide * lanes <= features; f += wide * lanes) {
    sum_tile<C, wide>(a, rows, r, outputs, g, features, f);
  }
  for (; f + lanes <= features; f += lanes) {
    sum_tile<C, 1>(a, rows, r, outputs, g, features, f);
  }
  for (; f < features; ++f) {
    for (std::size_t c = 0; c < C; ++c) {
      double sum = g[c * features + f];
      for (std::size_t j = 0; j < rows; ++j) {
        sum = std::fma(r[j * outputs + c], static_cast<double>(a[j][f]), sum);
      }
      g[c * features + f] = sum;
    }
  }
}

template <class T>
void block_sums(const DenseRows<T>& block, const SampleRows& sample, std::size_t first,
                std::size_t count, const double* r, const LinearSums& sums) {
  // Rows that are in L1 while every tile passes over them.
  constexpr std::size_t together = 32;
  const T* a[together];
  for (std::size_t i = 0; i < count; i += together) {
    const std::size_t rows = std::min(together, count - i);
    for (std::size_t j = 0; j < rows; ++j) {
      a[j] = block.first + sample.position(first + i + j) * block.stride;
    }
    const double* factors = r + i * sums.outputs;
    std::size_t c = 0;
    for (; c + 2 <= sums.outputs; c += 2) {
      sum_outputs<2>(a, rows, factors + c, sums.outputs, sums.weight.data() + c * block.features,
                     block.features);
    }
    if (c < sums.outputs) {
      sum_outputs<1>(a, rows, factors + c, sums.outputs, sums.weight.data() + c * block.features,
                     block.features);
    }
  }
}

// ---- Sparse rows ------------------------------------------------------------------------------

template <class T>
kernels::CompressedRows<T> compressed(const SparseRows<T>& block, std::size_t first,
                                      std::size_t count) {
  return {{block.offsets + first, count + 1}, block.columns, block.entries};
}

/// body(i, the rows from first + i on): all of them, or one after the other where they are picked.
template <class T, class Body>
void for_each_run(const SparseRows<T>& block, const SampleRows& sample, std::size_t first,
                  std::size_t count, const Body& body) {
  if (sample.picks.empty()) return body(std::size_t{0}, compressed(block, first, count));
  for (std::size_t i = 0; i < count; ++i) body(i, compressed(block, sample.picks[first + i], 1));
}

template <class T>
void block_margins(const SparseRows<T>& block, const SampleRows& sample, std::size_t first,
                   std::size_t count, const LinearMap& map, double* z) {
  for (std::size_t k = 0; k < map.outputs; ++k) {
    const auto w = map.weight.subspan(k * block.features, block.features);
    const double bias = map.bias.empty() ? 0 : map.bias[k];
    for_each_run(block, sample, first, count, [&](std::size_t i, const auto& rows) {
      kernels::sparse_dots(rows, w, bias, z + i * map.outputs + k, map.outputs);
    });
  }
}

template <class T>
void block_sums(const SparseRows<T>& block, const SampleRows& sample, std::size_t first,
                std::size_t count, const double* r, const LinearSums& sums) {
  for (std::size_t k = 0; k < sums.outputs; ++k) {
    const auto g = sums.weight.subspan(k * block.features, block.features);
    for_each_run(block, sample, first, count, [&](std::size_t i, const auto& rows) {
      kernels::sparse_axpys(r + i * sums.outputs + k, sums.outputs, rows, g);
    });
  }
}

}  // namespace

std::size_t rows_together(const SampleRows& sample, std::size_t first, std::size_t count) {
  constexpr std::size_t page = 448;  // non-zeros
  constexpr std::size_t vector = 8;  // rows that a loss takes at once
  return visit(sample.rows, [&]<class Block>(const Block& block) {
    if constexpr (Block::is_sparse) {
      std::uint64_t stored = 0;
      for (std::size_t rows = 0; rows < count; rows += vector) {
        const std::size_t more = std::min(vector, count - rows);
        if (sample.picks.empty()) {
          const std::uint64_t* offset = block.offsets + first + rows;
          stored += offset[more] - offset[0];
        } else {
          for (const std::uint32_t row : sample.picks.subspan(first + rows, more)) {
            stored += block.index(row).size();
          }
        }
        if (stored > page && rows > 0) return rows;
      }
    }
    return count;
  });
}

void margins(const SampleRows& sample, std::size_t first, std::size_t count, const LinearMap& map,
             std::span<double> z) {
  visit(sample.rows,
        [&](const auto& block) { block_margins(block, sample, first, count, map, z.data()); });
}

void add_transposed(const SampleRows& sample, std::size_t first, std::size_t count,
                    std::span<const double> r, const LinearSums& sums) {
  visit(sample.rows,
        [&](const auto& block) { block_sums(block, sample, first, count, r.data(), sums); });
  if (sums.bias.empty()) return;
  if (sums.outputs == 1) {
    sums.bias[0] += kernels::sum(r.first(count));
    return;
  }
  for (std::size_t i = 0; i < count; ++i) {
    as_vec(sums.bias) += as_vec(r.subspan(i * sums.outputs, sums.outputs));
  }
}

}  // namespace cohort
