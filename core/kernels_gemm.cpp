#include "core/kernels_gemm.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/check.hpp"

#include "core/simd.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels_gemm.cpp"
#include <hwy/foreach_target.h>

#include "core/simd-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace cohort::kernels::HWY_NAMESPACE {
namespace {

using detail::GemmTask;

template <class T>
using Tag = hn::ScalableTag<T>;
template <class T>
using Vector = hn::Vec<Tag<T>>;
template <class T>
inline constexpr std::size_t width = hn::MaxLanes(Tag<T>());  // lanes of a vector
template <class T>
inline constexpr std::size_t panel = 2 * width<T>;  // columns of a packed panel of B
// A block of C is as many rows as leave registers for a panel's two vectors and an element of A.
inline constexpr std::size_t most_rows = lanes == 8 ? 12 : 6;

// Bytes of B that are packed at a time, to be met again in cache by all rows of A.
inline constexpr std::size_t packed_bytes = std::size_t{256} << 10;
inline constexpr std::size_t packed_least = 32;  // columns: a whole number of panels everywhere

template <class T>
HWY_INLINE std::size_t packed_columns(std::size_t n, std::size_t k) {
  const std::size_t fit =
      packed_bytes / (sizeof(T) * (k > 0 ? k : 1)) / packed_least * packed_least;
  const std::size_t most = fit > packed_least ? fit : packed_least;
  return n < most ? n : most;
}

template <class V>
HWY_INLINE V quiet(V v) {
  const hn::DFromV<V> d;
  const auto nan = hn::Set(d, std::numeric_limits<hn::TFromD<decltype(d)>>::quiet_NaN());
  return hn::IfThenElse(hn::IsNaN(v), nan, v);
}

template <class T>
HWY_INLINE Vector<T> load_up_to(const T* from, std::size_t count) {
  const Tag<T> d;
  return count >= width<T> ? hn::LoadU(d, from) : hn::MaskedLoad(hn::FirstN(d, count), d, from);
}
template <class T>
HWY_INLINE void store_up_to(Vector<T> v, T* to, std::size_t count) {
  const Tag<T> d;
  if (count >= width<T>) {
    hn::StoreU(v, d, to);
  } else {
    hn::BlendedStore(v, hn::FirstN(d, count), d, to);
  }
}

// to ← v, or to + v, in double; a NaN in v is the one NaN.
HWY_INLINE void store_total(V64 v, double* to, std::size_t count, bool adds) {
  store_up_to<double>(adds ? quiet(hn::Add(load_up_to<double>(to, count), v)) : v, to, count);
}
HWY_INLINE void store_total(Vector<float> v, double* to, std::size_t count, bool adds) {
  const hn::Half<Tag<float>> half;
  store_total(hn::PromoteTo(F64(), hn::LowerHalf(half, v)), to, count, adds);
  if (count > lanes) {
    store_total(hn::PromoteTo(F64(), hn::UpperHalf(half, v)), to + lanes, count - lanes, adds);
  }
}

// A square of a transpose, a vector of 128 bits a row.
HWY_INLINE void transpose_square(const float* from, std::size_t stride, float* to,
                                 std::size_t to_stride) {
  const hn::CappedTag<float, 4> d;
  const auto a = hn::LoadU(d, from), b = hn::LoadU(d, from + stride);
  const auto c = hn::LoadU(d, from + 2 * stride), e = hn::LoadU(d, from + 3 * stride);
  const auto ac = hn::InterleaveLower(d, a, c), be = hn::InterleaveLower(d, b, e);
  const auto ac_high = hn::InterleaveUpper(d, a, c), be_high = hn::InterleaveUpper(d, b, e);
  hn::StoreU(hn::InterleaveLower(d, ac, be), d, to);
  hn::StoreU(hn::InterleaveUpper(d, ac, be), d, to + to_stride);
  hn::StoreU(hn::InterleaveLower(d, ac_high, be_high), d, to + 2 * to_stride);
  hn::StoreU(hn::InterleaveUpper(d, ac_high, be_high), d, to + 3 * to_stride);
}
HWY_INLINE void transpose_square(const double* from, std::size_t stride, double* to,
                                 std::size_t to_stride) {
  const hn::CappedTag<double, 2> d;
  const auto a = hn::LoadU(d, from), b = hn::LoadU(d, from + stride);
  hn::StoreU(hn::InterleaveLower(d, a, b), d, to);
  hn::StoreU(hn::InterleaveUpper(d, a, b), d, to + to_stride);
}

// to [columns × rows] ← fromᵀ
template <class T>
HWY_INLINE void transpose(std::size_t rows, std::size_t columns, const T* from, std::size_t stride,
                          T* to, std::size_t to_stride) {
  constexpr std::size_t side = 16 / sizeof(T);
  std::size_t i = 0;
  for (; i + side <= rows; i += side) {
    std::size_t j = 0;
    for (; j + side <= columns; j += side) {
      transpose_square(from + i * stride + j, stride, to + j * to_stride + i, to_stride);
    }
    for (; j < columns; ++j) {
      for (std::size_t l = i; l < i + side; ++l) to[j * to_stride + l] = from[l * stride + j];
    }
  }
  for (; i < rows; ++i) {
    for (std::size_t j = 0; j < columns; ++j) to[j * to_stride + i] = from[i * stride + j];
  }
}
void transpose_f32(std::size_t rows, std::size_t columns, const float* from, std::size_t stride,
                   float* to, std::size_t to_stride) {
  transpose(rows, columns, from, stride, to, to_stride);
}
void transpose_f64(std::size_t rows, std::size_t columns, const double* from, std::size_t stride,
                   double* to, std::size_t to_stride) {
  transpose(rows, columns, from, stride, to, to_stride);
}

// Rows of C in the making: where its element (0, 0) lies, and how many columns from there on it
// has.
template <class T>
struct Target {
  T* c;
  double* total;
  std::size_t stride;
  std::size_t columns;
  bool continues;
};

// C [rows × vectors · width] from rows of A and a packed panel of B.
template <std::size_t rows, std::size_t vectors, bool a_is_transposed, class T>
HWY_INLINE void block(std::size_t k, const T* a, std::size_t a_stride, const T* b,
                      const Target<T>& out) {
  const Tag<T> d;
  Vector<T> sum[rows][vectors];
  const bool from_c = out.total == nullptr && out.continues;
  HWY_UNROLL(12)
  for (std::size_t i = 0; i < rows; ++i) {
    HWY_UNROLL(2)
    for (std::size_t v = 0; v < vectors; ++v) {
      const std::size_t before = v * width<T>;
      sum[i][v] = from_c && before < out.columns
                      ? load_up_to(out.c + i * out.stride + before, out.columns - before)
                      : hn::Zero(d);
    }
  }
  // Rows of A as it lies are far apart; four of them share an address.
  constexpr std::size_t addresses = (rows + 3) / 4;
  const T* row[addresses];
  HWY_UNROLL(3)
  for (std::size_t i = 0; i < addresses; ++i) {
    row[i] = a + 4 * i * (a_is_transposed ? 1 : a_stride);
  }
  for (std::size_t l = 0; l < k; ++l) {
    Vector<T> y[vectors];
    HWY_UNROLL(2)
    for (std::size_t v = 0; v < vectors; ++v) y[v] = hn::LoadU(d, b + v * width<T>);
    b += vectors * width<T>;
    HWY_UNROLL(12)
    for (std::size_t i = 0; i < rows; ++i) {
      const auto x = hn::Set(d, row[i / 4][i % 4 * (a_is_transposed ? 1 : a_stride)]);
      HWY_UNROLL(2)
      for (std::size_t v = 0; v < vectors; ++v) sum[i][v] = hn::MulAdd(x, y[v], sum[i][v]);
    }
    HWY_UNROLL(3)
    for (std::size_t i = 0; i < addresses; ++i) row[i] += a_is_transposed ? a_stride : 1;
  }
  HWY_UNROLL(12)
  for (std::size_t i = 0; i < rows; ++i) {
    HWY_UNROLL(2)
    for (std::size_t v = 0; v < vectors; ++v) {
      const std::size_t before = v * width<T>;
      if (before >= out.columns) continue;
      const std::size_t at = i * out.stride + before;
      const auto element = quiet(sum[i][v]);
      if (out.total == nullptr) {
        store_up_to<T>(element, out.c + at, out.columns - before);
      } else {
        store_total(element, out.total + at, out.columns - before, out.continues);
      }
    }
  }
}

// A panel: to [k × columns] ← `count` columns of B, and zeros.
template <class T>
HWY_INLINE void pack(const T* b, std::size_t stride, bool is_transposed, std::size_t k,
                     std::size_t count, std::size_t columns, T* to) {
  const Tag<T> d;
  if (is_transposed) {
    transpose(count, k, b, stride, to, columns);
    for (std::size_t l = 0; l < k; ++l) {
      for (std::size_t j = count; j < columns; ++j) to[l * columns + j] = 0;
    }
    return;
  }
  for (std::size_t l = 0; l < k; ++l, to += columns) {
    for (std::size_t j = 0; j < columns; j += width<T>) {
      const auto v = j < count ? load_up_to(b + l * stride + j, count - j) : hn::Zero(d);
      hn::StoreU(v, d, to + j);
    }
  }
}

// As many blocks of `rows` rows as there are, from row i on; then smaller ones.
template <std::size_t rows, bool a_is_transposed, class T>
HWY_INLINE void bands(const GemmTask<T>& task, std::size_t first, std::size_t n, std::size_t i) {
  const std::size_t k = task.shape.k;
  const bool into_c = task.total.first == nullptr;
  const std::size_t c_stride = into_c ? task.c.stride : task.total.stride;
  for (; i + rows <= task.shape.m; i += rows) {
    const T* a = task.a.first + i * (a_is_transposed ? 1 : task.a.stride);
    const std::size_t at = i * c_stride + first;
    for (std::size_t j = 0; j < n; j += panel<T>) {
      const std::size_t count = n - j < panel<T> ? n - j : panel<T>;
      const Target<T> out{into_c ? task.c.first + at + j : nullptr,
                          into_c ? nullptr : task.total.first + at + j, c_stride, count,
                          task.continues};
      if (count > width<T>) {
        block<rows, 2, a_is_transposed>(k, a, task.a.stride, task.room + j * k, out);
      } else {
        block<rows, 1, a_is_transposed>(k, a, task.a.stride, task.room + j * k, out);
      }
    }
  }
  if constexpr (rows > 1) {
    constexpr std::size_t fewer = rows > 8 ? 8 : rows > 4 ? 4 : rows / 2;
    bands<fewer, a_is_transposed>(task, first, n, i);
  }
}

template <class T>
HWY_INLINE void multiply(const GemmTask<T>& task) {
  const auto [m, n, k] = task.shape;
  const std::size_t step = packed_columns<T>(n, k);
  for (std::size_t first = 0; first < n; first += step) {
    const std::size_t count = n - first < step ? n - first : step;
    for (std::size_t j = 0; j < count; j += panel<T>) {
      const std::size_t left = count - j < panel<T> ? count - j : panel<T>;
      const T* b = task.b.first + (first + j) * (task.b_is_transposed ? task.b.stride : 1);
      pack(b, task.b.stride, task.b_is_transposed, k, left, left > width<T> ? panel<T> : width<T>,
           task.room + j * k);
    }
    if (task.a_is_transposed) {
      bands<most_rows, true>(task, first, count, 0);
    } else {
      bands<most_rows, false>(task, first, count, 0);
    }
  }
}

void gemm_f32(const GemmTask<float>& task) { multiply(task); }
void gemm_f64(const GemmTask<double>& task) { multiply(task); }

}  // namespace
}  // namespace cohort::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace cohort::kernels {
namespace {

void dispatch(const detail::GemmTask<float>& task) { COHORT_DISPATCH(gemm_f32)(task); }
void dispatch(const detail::GemmTask<double>& task) { COHORT_DISPATCH(gemm_f64)(task); }

template <class T>
void run(Product form, const ProductShape& shape, MatrixRef<const T> a, MatrixRef<const T> b,
         MatrixRef<T> c, MatrixRef<double> total, bool continues, std::span<T> room) {
  COHORT_CHECK(room.size() >= gemm_room(shape),
               fmt::format("room for {} elements, {} needed", room.size(), gemm_room(shape)));
  dispatch(
      {shape, form == Product::tn, form == Product::nt, a, b, c, total, continues, room.data()});
}

}  // namespace

void transpose(std::size_t rows, std::size_t columns, MatrixRef<const float> from,
               MatrixRef<float> to) {
  COHORT_DISPATCH(transpose_f32)(rows, columns, from.first, from.stride, to.first, to.stride);
}
void transpose(std::size_t rows, std::size_t columns, MatrixRef<const double> from,
               MatrixRef<double> to) {
  COHORT_DISPATCH(transpose_f64)(rows, columns, from.first, from.stride, to.first, to.stride);
}

std::size_t gemm_room(const ProductShape& shape) {
  // Of the narrower element, of which more columns are packed at a time.
  const std::size_t columns = std::min(
      shape.n, std::max<std::size_t>((256U << 10U) / 4 / std::max<std::size_t>(shape.k, 1), 32));
  return shape.k * ((columns + 31) / 32 * 32);
}

void gemm(Product form, const ProductShape& shape, MatrixRef<const float> a,
          MatrixRef<const float> b, MatrixRef<float> c, bool continues, std::span<float> room) {
  run(form, shape, a, b, c, {}, continues, room);
}
void gemm(Product form, const ProductShape& shape, MatrixRef<const double> a,
          MatrixRef<const double> b, MatrixRef<double> c, bool continues, std::span<double> room) {
  run(form, shape, a, b, c, {}, continues, room);
}
void gemm_sum(Product form, const ProductShape& shape, MatrixRef<const float> a,
              MatrixRef<const float> b, MatrixRef<double> c, bool adds, std::span<float> room) {
  run(form, shape, a, b, {}, c, adds, room);
}
void gemm_sum(Product form, const ProductShape& shape, MatrixRef<const double> a,
              MatrixRef<const double> b, MatrixRef<double> c, bool adds, std::span<double> room) {
  run(form, shape, a, b, {}, c, adds, room);
}

}  // namespace cohort::kernels

#endif  // HWY_ONCE
