#include <fmt/format.h>

#include <cmath>

#include "core/kernels.hpp"

#include "core/simd.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels.cpp"
#include <hwy/foreach_target.h>

#include "core/simd-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace cohort::kernels::HWY_NAMESPACE {
namespace {

// A reduction: how a lane takes an element, and how two lanes join. Lanes start at +0, and an
// element +0 changes nothing, so tails are padded with zeros.
struct Sum {
  static HWY_INLINE V64 take(V64 lane, V64 x, V64) { return hn::Add(lane, x); }
  template <class V>
  static HWY_INLINE V join(V a, V b) {
    return hn::Add(a, b);
  }
};
struct Dot : Sum {
  static HWY_INLINE V64 take(V64 lane, V64 x, V64 y) { return hn::MulAdd(x, y, lane); }
};
struct SquaredDistance : Sum {
  static HWY_INLINE V64 take(V64 lane, V64 x, V64 y) {
    const V64 difference = hn::Sub(x, y);
    return hn::MulAdd(difference, difference, lane);
  }
};
// Compares the bits of absolute values as integers, where a NaN is above infinity.
struct MaxAbs {
  template <class V>
  static HWY_INLINE V join(V a, V b) {
    const hn::DFromV<V> d;
    const hn::RebindToSigned<decltype(d)> bits;
    return hn::BitCast(d, hn::Max(hn::BitCast(bits, a), hn::BitCast(bits, b)));
  }
  static HWY_INLINE V64 take(V64 lane, V64 x, V64) { return join(lane, hn::Abs(x)); }
};

// 16 virtual lanes: lane l takes the elements i ≡ l (mod 16). Folded as l + (l + 8), then
// l + (l + 4), l + (l + 2), l + (l + 1), whatever the number of registers that hold the lanes.
constexpr std::size_t virtual_lanes = 16;
constexpr std::size_t registers = virtual_lanes / lanes;

template <class Op, class V>
HWY_INLINE double fold(V v) {
  const hn::DFromV<V> d;
  if constexpr (hn::MaxLanes(d) == 2) {
    return hn::GetLane(Op::join(v, hn::Reverse(d, v)));
  } else {
    const hn::Half<decltype(d)> half;
    return fold<Op>(Op::join(hn::LowerHalf(half, v), hn::UpperHalf(half, v)));
  }
}

template <class Op, class T>
HWY_INLINE double reduce(const T* x, const T* y, std::size_t n) {
  V64 lane[registers];
  for (V64& v : lane) v = hn::Zero(F64());
  std::size_t i = 0;
  for (; i + virtual_lanes <= n; i += virtual_lanes) {
    for (std::size_t r = 0; r < registers; ++r) {
      lane[r] = Op::take(lane[r], load(x + i + r * lanes), load(y + i + r * lanes));
    }
  }
  for (std::size_t r = 0; i < n; ++r, i += lanes) {
    lane[r] = n - i < lanes ? Op::take(lane[r], load_first(x + i, n - i), load_first(y + i, n - i))
                            : Op::take(lane[r], load(x + i), load(y + i));
  }
  for (std::size_t half = registers / 2; half > 0; half /= 2) {
    for (std::size_t r = 0; r < half; ++r) lane[r] = Op::join(lane[r], lane[r + half]);
  }
  return fold<Op>(lane[0]);
}

double sum(const double* x, std::size_t n) { return reduce<Sum>(x, x, n); }
double max_abs(const double* x, std::size_t n) { return reduce<MaxAbs>(x, x, n); }
double squared_norm(const double* x, std::size_t n) { return reduce<Dot>(x, x, n); }
double squared_norm_f32(const float* x, std::size_t n) { return reduce<Dot>(x, x, n); }
double dot(const double* x, const double* y, std::size_t n) { return reduce<Dot>(x, y, n); }
double dot_f32(const float* x, const float* y, std::size_t n) { return reduce<Dot>(x, y, n); }
double squared_distance(const double* x, const double* y, std::size_t n) {
  return reduce<SquaredDistance>(x, y, n);
}
double squared_distance_f32(const float* x, const float* y, std::size_t n) {
  return reduce<SquaredDistance>(x, y, n);
}

void axpy(double a, const double* x, double* y, std::size_t n) {
  const V64 va = set(a);
  map(x, y, y, n, [va](V64 u, V64 v) HWY_ATTR { return one_nan(hn::MulAdd(va, u, v)); });
}
void axpy_f32(double a, const float* x, double* y, std::size_t n) {
  const V64 va = set(a);
  map(x, y, y, n, [va](V64 u, V64 v) HWY_ATTR { return one_nan(hn::MulAdd(va, u, v)); });
}
void axpby(double a, const double* x, double b, double* y, std::size_t n) {
  const V64 va = set(a);
  const V64 vb = set(b);
  map(x, y, y, n,
      [va, vb](V64 u, V64 v) HWY_ATTR { return one_nan(hn::MulAdd(va, u, hn::Mul(vb, v))); });
}
void scaled_copy(double a, const double* x, double* y, std::size_t n) {
  const V64 va = set(a);
  map(x, y, n, [va](V64 u) HWY_ATTR { return one_nan(hn::Mul(va, u)); });
}
void add(const double* x, double* y, std::size_t n) {
  map(x, y, y, n, [](V64 u, V64 v) HWY_ATTR { return one_nan(hn::Add(v, u)); });
}
void subtract(const double* x, double* y, std::size_t n) {
  map(x, y, y, n, [](V64 u, V64 v) HWY_ATTR { return one_nan(hn::Sub(v, u)); });
}

}  // namespace
}  // namespace cohort::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace cohort::kernels {
namespace {

void check_same_size(std::size_t x, std::size_t y) {
  COHORT_CHECK(x == y, fmt::format("spans of {} and {} elements", x, y));
}

}  // namespace

double sum(std::span<const double> x) {
  return detail::one_nan(COHORT_DISPATCH(sum)(x.data(), x.size()));
}
double dot(std::span<const double> x, std::span<const double> y) {
  check_same_size(x.size(), y.size());
  return detail::one_nan(COHORT_DISPATCH(dot)(x.data(), y.data(), x.size()));
}
double dot(std::span<const float> x, std::span<const float> y) {
  check_same_size(x.size(), y.size());
  return detail::one_nan(COHORT_DISPATCH(dot_f32)(x.data(), y.data(), x.size()));
}
double squared_norm(std::span<const double> x) {
  return detail::one_nan(COHORT_DISPATCH(squared_norm)(x.data(), x.size()));
}
double squared_norm(std::span<const float> x) {
  return detail::one_nan(COHORT_DISPATCH(squared_norm_f32)(x.data(), x.size()));
}
double norm(std::span<const double> x) { return std::sqrt(squared_norm(x)); }
double max_abs(std::span<const double> x) {
  return detail::one_nan(COHORT_DISPATCH(max_abs)(x.data(), x.size()));
}
double squared_distance(std::span<const double> x, std::span<const double> y) {
  check_same_size(x.size(), y.size());
  return detail::one_nan(COHORT_DISPATCH(squared_distance)(x.data(), y.data(), x.size()));
}
double squared_distance(std::span<const float> x, std::span<const float> y) {
  check_same_size(x.size(), y.size());
  return detail::one_nan(COHORT_DISPATCH(squared_distance_f32)(x.data(), y.data(), x.size()));
}

void axpy(double a, std::span<const double> x, std::span<double> y) {
  check_same_size(x.size(), y.size());
  COHORT_DISPATCH(axpy)(a, x.data(), y.data(), x.size());
}
void axpy(double a, std::span<const float> x, std::span<double> y) {
  check_same_size(x.size(), y.size());
  COHORT_DISPATCH(axpy_f32)(a, x.data(), y.data(), x.size());
}
void axpby(double a, std::span<const double> x, double b, std::span<double> y) {
  check_same_size(x.size(), y.size());
  COHORT_DISPATCH(axpby)(a, x.data(), b, y.data(), x.size());
}
void scale(double a, std::span<double> x) {
  COHORT_DISPATCH(scaled_copy)(a, x.data(), x.data(), x.size());
}
void scaled_copy(double a, std::span<const double> x, std::span<double> y) {
  check_same_size(x.size(), y.size());
  COHORT_DISPATCH(scaled_copy)(a, x.data(), y.data(), x.size());
}
void add(std::span<const double> x, std::span<double> y) {
  check_same_size(x.size(), y.size());
  COHORT_DISPATCH(add)(x.data(), y.data(), x.size());
}
void subtract(std::span<const double> x, std::span<double> y) {
  check_same_size(x.size(), y.size());
  COHORT_DISPATCH(subtract)(x.data(), y.data(), x.size());
}

}  // namespace cohort::kernels

#endif  // HWY_ONCE
