#pragma once
// Products with sparse rows. Rows are short and of unpredictable length, so what costs is the
// branch that ends a row, not the arithmetic: hence the masked ends. One form for all instruction
// sets (gathers do not pay at these lengths). A NaN keeps the payload that the hardware gives.
//
// index[k] < the size of the dense vector: not checked here, the reader of the data did.

#include <immintrin.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/check.hpp"

namespace cohort::kernels {

namespace detail {

inline constexpr std::size_t sparse_lanes = 4;
inline constexpr std::size_t sparse_group = 8;  // elements between two branches

// The window that starts at sparse_group − n has n elements set, and zeros after them.
template <class Int>
inline constexpr Int sparse_masks[2 * sparse_group] = {-1, -1, -1, -1, -1, -1, -1, -1};

inline __m128i mask_of_words(std::size_t n, std::size_t first) {
  return _mm_loadu_si128(
      reinterpret_cast<const __m128i*>(sparse_masks<std::int32_t> + (sparse_group - n + first)));
}
inline __m256i mask_of_doubles(std::size_t n, std::size_t first) {
  return _mm256_loadu_si256(
      reinterpret_cast<const __m256i*>(sparse_masks<std::int64_t> + (sparse_group - n + first)));
}

inline __m256d load_values(const double* p) { return _mm256_loadu_pd(p); }
inline __m256d load_values(const float* p) { return _mm256_cvtps_pd(_mm_loadu_ps(p)); }
// Elements first … first + 3 of n; zeros from n on, and nothing there is touched.
inline __m256d load_values(const double* p, std::size_t n, std::size_t first) {
  return _mm256_maskload_pd(p + first, mask_of_doubles(n, first));
}
inline __m256d load_values(const float* p, std::size_t n, std::size_t first) {
  return _mm256_cvtps_pd(_mm_maskload_ps(p + first, mask_of_words(n, first)));
}

inline __m256d pick(const double* x, const std::uint32_t* index) {
  return _mm256_set_pd(x[index[3]], x[index[2]], x[index[1]], x[index[0]]);
}

template <class Value>
inline double sparse_dot(std::span<const std::uint32_t> index, std::span<const Value> value,
                         std::span<const double> x) {
  COHORT_CHECK(index.size() == value.size(), "a sparse row with unequal indices and values");
  if (x.empty()) return 0.0;  // what is masked below reads x[0]
  std::size_t n = index.size();
  const std::uint32_t* i = index.data();
  const Value* v = value.data();
  __m256d lane = _mm256_setzero_pd();
  for (; n > sparse_group; n -= sparse_group, i += sparse_group, v += sparse_group) {
    for (std::size_t l = 0; l < sparse_group; l += sparse_lanes) {
      lane = _mm256_fmadd_pd(load_values(v + l), pick(x.data(), i + l), lane);
    }
  }
  for (std::size_t l = 0; l < sparse_group; l += sparse_lanes) {
    alignas(16) std::uint32_t last[sparse_lanes];
    _mm_store_si128(reinterpret_cast<__m128i*>(last),
                    _mm_maskload_epi32(reinterpret_cast<const int*>(i + l), mask_of_words(n, l)));
    // The mask also where x[0] is infinite: a missing element adds exactly nothing.
    const __m256d picked =
        _mm256_and_pd(pick(x.data(), last), _mm256_castsi256_pd(mask_of_doubles(n, l)));
    lane = _mm256_fmadd_pd(load_values(v, n, l), picked, lane);
  }
  const __m128d two = _mm_add_pd(_mm256_castpd256_pd128(lane), _mm256_extractf128_pd(lane, 1));
  return _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)));
}

template <class Value>
inline void sparse_axpy(double a, std::span<const std::uint32_t> index,
                        std::span<const Value> value, std::span<double> y) {
  COHORT_CHECK(index.size() == value.size(), "a sparse row with unequal indices and values");
  double* out = y.data();
  for (std::size_t k = 0; k < index.size(); ++k) {
    out[index[k]] = std::fma(a, static_cast<double>(value[k]), out[index[k]]);
  }
}

}  // namespace detail

/// Σ_k value_k x[index_k], fused: 4 lanes, lane l takes the k ≡ l (mod 4), folded
/// (0 + 2) + (1 + 3). Relative to Σ |value_k x[index_k]| the error is at most (⌈n/4⌉ + 3) 2^−53.
inline double sparse_dot(std::span<const std::uint32_t> index, std::span<const double> value,
                         std::span<const double> x) {
  return detail::sparse_dot(index, value, x);
}
inline double sparse_dot(std::span<const std::uint32_t> index, std::span<const float> value,
                         std::span<const double> x) {
  return detail::sparse_dot(index, value, x);
}

/// y[index_k] ← a value_k + y[index_k], fused, in the order of k.
inline void sparse_axpy(double a, std::span<const std::uint32_t> index,
                        std::span<const double> value, std::span<double> y) {
  detail::sparse_axpy(a, index, value, y);
}
inline void sparse_axpy(double a, std::span<const std::uint32_t> index,
                        std::span<const float> value, std::span<double> y) {
  detail::sparse_axpy(a, index, value, y);
}

/// sparse_axpy(a[r], row r, y) for the rows r = 0, 1, … that lie one after the other: row r is the
/// elements offsets[r] … offsets[r + 1] − 1 of index and value. The same bits, but up to a third
/// faster where the lengths of rows differ. offsets.size() = a.size() + 1 (checked).
void sparse_axpy_rows(std::span<const double> a, std::span<const std::uint64_t> offsets,
                      std::span<const std::uint32_t> index, std::span<const double> value,
                      std::span<double> y);
void sparse_axpy_rows(std::span<const double> a, std::span<const std::uint64_t> offsets,
                      std::span<const std::uint32_t> index, std::span<const float> value,
                      std::span<double> y);

}  // namespace cohort::kernels
