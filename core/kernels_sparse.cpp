#include "core/kernels_sparse.hpp"

#include <immintrin.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <utility>

namespace cohort::kernels {

namespace {

constexpr std::size_t block = 16;  // non-zeros between two branches

/// Rows that follow one another, of 16 · blocks + rest non-zeros each.
template <class Value>
struct EqualRows {
  const std::uint32_t* index;
  const Value* value;
  std::size_t count;
  std::size_t blocks;
};

/// Two indices by one load: the address units are what these loops wait for.
struct TwoIndices {
  explicit TwoIndices(const std::uint32_t* index) { std::memcpy(&both, index, sizeof both); }
  std::size_t first() const { return static_cast<std::uint32_t>(both); }
  std::size_t second() const { return both >> 32; }
  std::uint64_t both;
};

inline __m128d load_two(const double* v) { return _mm_loadu_pd(v); }
inline __m128d load_two(const float* v) {
  return _mm_cvtps_pd(_mm_castsi128_ps(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(v))));
}
inline __m128d load_one(const double* v) { return _mm_load_sd(v); }
inline __m128d load_one(const float* v) { return _mm_set_sd(static_cast<double>(*v)); }

/// sums[0] holds the lanes 0 and 1, sums[1] the lanes 2 and 3.
template <std::size_t n, class Value>
inline void add_products(const std::uint32_t* index, const Value* value, const double* x,
                         __m128d (&sums)[2]) {
  for (std::size_t k = 0; k + 2 <= n; k += 2) {
    const TwoIndices at(index + k);
    const __m128d picked = _mm_loadh_pd(_mm_load_sd(x + at.first()), x + at.second());
    __m128d& sum = sums[k / 2 % 2];
    sum = _mm_fmadd_pd(load_two(value + k), picked, sum);
  }
  if constexpr (n % 2 == 1) {
    __m128d& sum = sums[n / 2 % 2];
    sum = _mm_fmadd_pd(load_one(value + n - 1), _mm_load_sd(x + index[n - 1]), sum);
  }
}

template <std::size_t rest, class Value>
void dots_of(EqualRows<Value> rows, const double* x, double c, double* z, std::size_t stride) {
  for (std::size_t i = 0; i < rows.count; ++i) {
    __m128d sums[2] = {_mm_setzero_pd(), _mm_setzero_pd()};
    for (std::size_t b = 0; b < rows.blocks; ++b) {
      add_products<block>(rows.index, rows.value, x, sums);
      rows.index += block;
      rows.value += block;
    }
    add_products<rest>(rows.index, rows.value, x, sums);
    rows.index += rest;
    rows.value += rest;
    const __m128d two = _mm_add_pd(sums[0], sums[1]);
    z[i * stride] = c + _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)));
  }
}

template <std::size_t n, class Value>
inline void add_multiples(double a, const std::uint32_t* index, const Value* value, double* y) {
  const auto add = [y, factor = _mm_set_sd(a)](std::size_t at, __m128d v) {
    _mm_store_sd(y + at, _mm_fmadd_sd(v, factor, _mm_load_sd(y + at)));
  };
  for (std::size_t k = 0; k + 2 <= n; k += 2) {
    const TwoIndices at(index + k);
    const __m128d v = load_two(value + k);
    add(at.first(), v);
    add(at.second(), _mm_unpackhi_pd(v, v));
  }
  if constexpr (n % 2 == 1) add(index[n - 1], load_one(value + n - 1));
}

template <std::size_t rest, class Value>
void axpys_of(EqualRows<Value> rows, const double* a, std::size_t stride, double* y) {
  for (std::size_t i = 0; i < rows.count; ++i) {
    for (std::size_t b = 0; b < rows.blocks; ++b) {
      add_multiples<block>(a[i * stride], rows.index, rows.value, y);
      rows.index += block;
      rows.value += block;
    }
    add_multiples<rest>(a[i * stride], rows.index, rows.value, y);
    rows.index += rest;
    rows.value += rest;
  }
}

/// How many of the rows, from the first on, are as long as the first.
inline std::size_t equally_long(std::span<const std::uint64_t> offsets) {
  constexpr std::size_t lanes = 4;
  const std::uint64_t length = offsets[1] - offsets[0];
  const std::size_t rows = offsets.size() - 1;
  const auto load = [](const std::uint64_t* p) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  };
  const __m256i wanted = _mm256_set1_epi64x(static_cast<std::int64_t>(length));
  std::size_t n = 0;
  for (; n + lanes <= rows; n += lanes) {
    const __m256i lengths = _mm256_sub_epi64(load(&offsets[n + 1]), load(&offsets[n]));
    const int equal = _mm256_movemask_pd(_mm256_castsi256_pd(_mm256_cmpeq_epi64(lengths, wanted)));
    if (equal != 15) return n + static_cast<std::size_t>(std::countr_one(unsigned(equal)));
  }
  while (n < rows && offsets[n + 1] - offsets[n] == length) ++n;
  return n;
}

/// body(first, equal rows, rest) for the runs of equally long rows.
template <class Value, class Body>
inline void for_each_length(const CompressedRows<Value>& rows, const Body& body) {
  for (std::size_t first = 0; first + 1 < rows.offsets.size();) {
    const auto offsets = rows.offsets.subspan(first);
    const std::uint64_t length = offsets[1] - offsets[0];
    const std::size_t count = equally_long(offsets);
    body(first,
         EqualRows<Value>{rows.index + offsets[0], rows.value + offsets[0], count, length / block},
         length % block);
    first += count;
  }
}

template <class Value>
void dots(const CompressedRows<Value>& rows, const double* x, double c, double* z,
          std::size_t stride) {
  constexpr auto forms = []<std::size_t... rest>(std::index_sequence<rest...>) {
    return std::array{&dots_of<rest, Value>...};
  }
  (std::make_index_sequence<block>());
  for_each_length(rows, [&](std::size_t first, const EqualRows<Value>& equal, std::size_t rest) {
    forms[rest](equal, x, c, z + first * stride, stride);
  });
}

template <class Value>
void axpys(const double* a, std::size_t stride, const CompressedRows<Value>& rows, double* y) {
  constexpr auto forms = []<std::size_t... rest>(std::index_sequence<rest...>) {
    return std::array{&axpys_of<rest, Value>...};
  }
  (std::make_index_sequence<block>());
  for_each_length(rows, [&](std::size_t first, const EqualRows<Value>& equal, std::size_t rest) {
    forms[rest](equal, a + first * stride, stride, y);
  });
}

}  // namespace

void sparse_dots(const CompressedRows<double>& rows, std::span<const double> x, double c, double* z,
                 std::size_t stride) {
  dots(rows, x.data(), c, z, stride);
}
void sparse_dots(const CompressedRows<float>& rows, std::span<const double> x, double c, double* z,
                 std::size_t stride) {
  dots(rows, x.data(), c, z, stride);
}
void sparse_axpys(const double* a, std::size_t stride, const CompressedRows<double>& rows,
                  std::span<double> y) {
  axpys(a, stride, rows, y.data());
}
void sparse_axpys(const double* a, std::size_t stride, const CompressedRows<float>& rows,
                  std::span<double> y) {
  axpys(a, stride, rows, y.data());
}

}  // namespace cohort::kernels
