#include "problems/objectives/row_products.hpp"

#include <immintrin.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/kernels.hpp"
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
//
// Rows are short and of unpredictable length: the branch that ends a row would cost more than its
// arithmetic. Rows that lie together are therefore one loop over their non-zeros, through a buffer
// in L1, and what belongs to which row is settled by masks.

constexpr std::size_t buffer_size = 1024;  // non-zeros
constexpr std::size_t buffer_rows = 256;
constexpr std::size_t group = 16;  // non-zeros of a row between two branches

// The window that starts at group − n has n elements set, and zeros after them.
constexpr std::int64_t masks[2 * group] = {-1, -1, -1, -1, -1, -1, -1, -1,
                                           -1, -1, -1, -1, -1, -1, -1, -1};

/// Four indices by two loads: the address units are what these loops wait for.
struct FourIndices {
  explicit FourIndices(const std::uint32_t* index) {
    std::memcpy(&low, index, sizeof low);
    std::memcpy(&high, index + 2, sizeof high);
  }
  std::size_t operator[](std::size_t k) const {
    const std::uint64_t pair = k < 2 ? low : high;
    return k % 2 == 0 ? static_cast<std::uint32_t>(pair) : pair >> 32;
  }
  std::uint64_t low;
  std::uint64_t high;
};

/// p_k ← v_k w[index_k]
template <class T>
inline void multiply(const std::uint32_t* index, const T* v, std::size_t n, const double* w,
                     double* p) {
  std::size_t k = 0;
  for (; k + lanes <= n; k += lanes) {
    const FourIndices i(index + k);
    const __m256d x = _mm256_set_pd(w[i[3]], w[i[2]], w[i[1]], w[i[0]]);
    _mm256_storeu_pd(p + k, _mm256_mul_pd(load(v + k), x));
  }
  for (; k < n; ++k) p[k] = static_cast<double>(v[k]) * w[index[k]];
}

/// Adds the first n ≤ 16 of p to the lanes, element k to lane k mod 4; reads 16.
inline __m256d add_group(__m256d sum, const double* p, std::size_t n) {
  const auto part = [&](std::size_t l) {
    const __m256i mask =
        _mm256_loadu_si256(reinterpret_cast<const __m256i*>(masks + (group - n + l)));
    return _mm256_and_pd(_mm256_loadu_pd(p + l), _mm256_castsi256_pd(mask));
  };
  return _mm256_add_pd(
      sum, _mm256_add_pd(_mm256_add_pd(part(0), part(8)), _mm256_add_pd(part(4), part(12))));
}

/// Adds all whole groups but the last of n to the lanes; returns how many elements are left.
inline std::size_t add_groups(__m256d& sum, const double*& p, std::size_t n) {
  for (; n > group; n -= group, p += group) sum = add_group(sum, p, group);
  return n;
}

template <class T>
void block_margins(const SparseRows<T>& block, const SampleRows& sample, std::size_t first,
                   std::size_t count, const double* w, const double* bias, double* z,
                   std::size_t outputs) {
  double products[buffer_size + group];
  std::size_t end[buffer_rows];
  const auto put = [&](std::size_t i, __m256d sum) {
    z[i * outputs] = bias == nullptr ? fold(sum) : fold(sum) + *bias;
  };
  for (std::size_t i = 0; i < count;) {
    // As many rows as fit the buffer.
    std::size_t rows = 0;
    std::size_t filled = 0;
    for (; rows < buffer_rows && i + rows < count; ++rows) {
      const std::size_t row = sample.position(first + i + rows);
      const std::size_t n = block.offsets[row + 1] - block.offsets[row];
      if (filled + n > buffer_size) break;
      if (!sample.picks.empty()) {
        multiply(block.columns + block.offsets[row], block.entries + block.offsets[row], n, w,
                 products + filled);
      }
      filled += n;
      end[rows] = filled;
    }
    if (sample.picks.empty()) {
      const std::uint64_t begin = block.offsets[first + i];
      multiply(block.columns + begin, block.entries + begin, filled, w, products);
    }
    std::size_t begin = 0;
    for (std::size_t r = 0; r < rows; ++r) {
      __m256d sum = _mm256_setzero_pd();
      const double* p = products + begin;
      const std::size_t left = add_groups(sum, p, end[r] - begin);
      put(i + r, add_group(sum, p, left));
      begin = end[r];
    }
    i += rows;
    if (rows > 0) continue;

    // A row that is longer than the buffer, in the same order of additions.
    const std::size_t row = sample.position(first + i);
    __m256d sum = _mm256_setzero_pd();
    for (std::uint64_t k = block.offsets[row]; k < block.offsets[row + 1]; k += buffer_size) {
      const std::size_t n = std::min<std::uint64_t>(buffer_size, block.offsets[row + 1] - k);
      multiply(block.columns + k, block.entries + k, n, w, products);
      const double* p = products;
      sum = add_group(sum, p, add_groups(sum, p, n));
    }
    put(i++, sum);
  }
}

template <class T>
void block_margins(const SparseRows<T>& block, const SampleRows& sample, std::size_t first,
                   std::size_t count, const LinearMap& map, double* z) {
  for (std::size_t k = 0; k < map.outputs; ++k) {
    block_margins(block, sample, first, count, map.weight.data() + k * block.features,
                  map.bias.empty() ? nullptr : &map.bias[k], z + k, map.outputs);
  }
}

/// g[index_k] += q_k of four products, in order: features may repeat among rows.
inline void add_four(const std::uint32_t* index, __m256d q, double* g) {
  const FourIndices i(index);
  const __m128d low = _mm256_castpd256_pd128(q);
  const __m128d high = _mm256_extractf128_pd(q, 1);
  g[i[0]] += _mm_cvtsd_f64(low);
  g[i[1]] += _mm_cvtsd_f64(_mm_unpackhi_pd(low, low));
  g[i[2]] += _mm_cvtsd_f64(high);
  g[i[3]] += _mm_cvtsd_f64(_mm_unpackhi_pd(high, high));
}

/// g[index_k] += r v_k
template <class T>
inline void add_row(const std::uint32_t* index, const T* v, std::size_t n, double r, double* g) {
  std::size_t k = 0;
  for (; k + lanes <= n; k += lanes) {
    add_four(index + k, _mm256_mul_pd(_mm256_set1_pd(r), load(v + k)), g);
  }
  for (; k < n; ++k) g[index[k]] += r * static_cast<double>(v[k]);
}

template <class T>
void add_rows(const SparseRows<T>& block, std::size_t first, std::size_t count, const double* r,
              std::size_t outputs, double* g) {
  // The factor of a row stands beside each of its non-zeros; excess is overwritten by the next.
  double factor[buffer_size + group];
  for (std::size_t i = 0; i < count;) {
    const std::uint64_t begin = block.offsets[first + i];
    std::size_t rows = 0;
    for (; i + rows < count; ++rows) {
      const std::uint64_t end = block.offsets[first + i + rows + 1] - begin;
      if (end > buffer_size) break;
      const __m256d copies = _mm256_set1_pd(r[(i + rows) * outputs]);
      std::uint64_t at = block.offsets[first + i + rows] - begin;
      do {
        for (std::size_t l = 0; l < group; l += lanes) {
          _mm256_storeu_pd(factor + at + l, copies);
        }
        at += group;
      } while (at < end);
    }
    const std::uint32_t* index = block.columns + begin;
    const T* v = block.entries + begin;
    if (rows == 0) {
      add_row(index, v, block.offsets[first + i + 1] - begin, r[i * outputs], g);
      ++i;
      continue;
    }
    const std::size_t filled = block.offsets[first + i + rows] - begin;
    std::size_t k = 0;
    for (; k + lanes <= filled; k += lanes) {
      add_four(index + k, _mm256_mul_pd(load(factor + k), load(v + k)), g);
    }
    for (; k < filled; ++k) g[index[k]] += factor[k] * static_cast<double>(v[k]);
    i += rows;
  }
}

template <class T>
void block_sums(const SparseRows<T>& block, const SampleRows& sample, std::size_t first,
                std::size_t count, const double* r, const LinearSums& sums) {
  for (std::size_t k = 0; k < sums.outputs; ++k) {
    double* g = sums.weight.data() + k * block.features;
    if (sample.picks.empty()) {
      add_rows(block, first, count, r + k, sums.outputs, g);
      continue;
    }
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint64_t begin = block.offsets[sample.picks[first + i]];
      const std::uint64_t end = block.offsets[sample.picks[first + i] + 1];
      add_row(block.columns + begin, block.entries + begin, end - begin, r[i * sums.outputs + k],
              g);
    }
  }
}

}  // namespace

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
