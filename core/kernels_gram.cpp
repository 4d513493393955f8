#include "core/kernels_gram.hpp"
#include "core/check.hpp"

#include "core/simd.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels_gram.cpp"
#include <hwy/foreach_target.h>

#include "core/simd-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace cohort::kernels::HWY_NAMESPACE {
namespace {

constexpr std::size_t virtual_lanes = 8;
constexpr std::size_t registers = virtual_lanes / lanes;

template <class V>
HWY_INLINE double fold(V v) {
  const hn::DFromV<V> d;
  if constexpr (hn::MaxLanes(d) == 2) {
    return hn::GetLane(hn::Add(v, hn::Reverse(d, v)));
  } else {
    const hn::Half<decltype(d)> half;
    return fold(hn::Add(hn::LowerHalf(half, v), hn::UpperHalf(half, v)));
  }
}

// out[i][j] ← ⟨a_i, b_j⟩. As many products as registers hold: each load serves several.
template <std::size_t rows, std::size_t columns, class T>
HWY_INLINE void products(const T* const* a, const T* const* b, std::size_t width, double* out) {
  V64 sum[rows][columns][registers];
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < columns; ++j) {
      for (std::size_t r = 0; r < registers; ++r) sum[i][j][r] = hn::Zero(F64());
    }
  }
  std::size_t k = 0;
  for (; k + virtual_lanes <= width; k += virtual_lanes) {
    for (std::size_t r = 0; r < registers; ++r) {
      V64 x[rows];
      for (std::size_t i = 0; i < rows; ++i) x[i] = load(a[i] + k + r * lanes);
      for (std::size_t j = 0; j < columns; ++j) {
        const V64 y = load(b[j] + k + r * lanes);
        for (std::size_t i = 0; i < rows; ++i) sum[i][j][r] = hn::MulAdd(x[i], y, sum[i][j][r]);
      }
    }
  }
  for (std::size_t r = 0; k < width; ++r, k += lanes) {
    const std::size_t left = width - k < lanes ? width - k : lanes;
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::size_t j = 0; j < columns; ++j) {
        sum[i][j][r] =
            hn::MulAdd(load_first(a[i] + k, left), load_first(b[j] + k, left), sum[i][j][r]);
      }
    }
  }
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < columns; ++j) {
      V64 total = sum[i][j][0];
      if constexpr (registers == 2) total = hn::Add(total, sum[i][j][1]);
      out[i * columns + j] = fold(total);
    }
  }
}

constexpr std::size_t group_rows = lanes == 8 ? 4 : 2;
constexpr std::size_t group_columns = lanes == 8 ? 4 : 3;
static_assert(registers <= 2);

template <class T>
HWY_INLINE void gram(const T* const* x, std::size_t n, std::size_t width, double* out) {
  // Columns in panels that stay in cache while the rows pass by.
  constexpr std::size_t panel = 24;
  for (std::size_t first = 0; first < n; first += panel) {
    const std::size_t end = first + panel < n ? first + panel : n;
    for (std::size_t i = 0; i < end; i += group_rows) {
      const T* a[group_rows];
      for (std::size_t r = 0; r < group_rows; ++r) a[r] = x[i + r < n ? i + r : n - 1];
      for (std::size_t j = first; j < end; j += group_columns) {
        if (j + group_columns <= i) continue;  // below the diagonal
        const T* b[group_columns];
        for (std::size_t c = 0; c < group_columns; ++c) b[c] = x[j + c < n ? j + c : n - 1];
        double products_of_group[group_rows * group_columns];
        products<group_rows, group_columns>(a, b, width, products_of_group);
        for (std::size_t r = 0; r < group_rows; ++r) {
          for (std::size_t c = 0; c < group_columns; ++c) {
            const std::size_t row = i + r, column = j + c;
            if (row > column || column >= end) continue;
            out[row * n - row * (row + 1) / 2 + column] = products_of_group[r * group_columns + c];
          }
        }
      }
    }
  }
}

void gram_f64(const double* const* x, std::size_t n, std::size_t width, double* out) {
  gram(x, n, width, out);
}
void gram_f32(const float* const* x, std::size_t n, std::size_t width, double* out) {
  gram(x, n, width, out);
}

}  // namespace
}  // namespace cohort::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace cohort::kernels {

void gram(std::span<const double* const> rows, std::size_t width, std::span<double> out) {
  const std::size_t n = rows.size();
  COHORT_CHECK(out.size() == n * (n + 1) / 2, "the upper triangle of [n × n]");
  COHORT_DISPATCH(gram_f64)(rows.data(), n, width, out.data());
}
void gram(std::span<const float* const> rows, std::size_t width, std::span<double> out) {
  const std::size_t n = rows.size();
  COHORT_CHECK(out.size() == n * (n + 1) / 2, "the upper triangle of [n × n]");
  COHORT_DISPATCH(gram_f32)(rows.data(), n, width, out.data());
}

}  // namespace cohort::kernels

#endif  // HWY_ONCE
