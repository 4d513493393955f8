// Vectors of double, loops over spans with masked tails: what the files of dispatched kernels
// share. Compiled once for each instruction set (hence the guard instead of #pragma once).

#if defined(COHORT_CORE_SIMD_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef COHORT_CORE_SIMD_INL_HPP
#undef COHORT_CORE_SIMD_INL_HPP
#else
#define COHORT_CORE_SIMD_INL_HPP
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>
#include <limits>

HWY_BEFORE_NAMESPACE();
namespace cohort::kernels::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using F64 = hn::ScalableTag<double>;
using I64 = hn::RebindToSigned<F64>;
using U64 = hn::RebindToUnsigned<F64>;
using F32 = hn::Rebind<float, F64>;
using V64 = hn::Vec<F64>;
using M64 = hn::Mask<F64>;
inline constexpr std::size_t lanes = hn::MaxLanes(F64());

HWY_INLINE V64 set(double value) { return hn::Set(F64(), value); }

HWY_INLINE V64 load(const double* p) { return hn::LoadU(F64(), p); }
HWY_INLINE V64 load(const float* p) { return hn::PromoteTo(F64(), hn::LoadU(F32(), p)); }
/// The first count < lanes elements, zeros after them; nothing past them is touched.
HWY_INLINE V64 load_first(const double* p, std::size_t count) {
  return hn::MaskedLoad(hn::FirstN(F64(), count), F64(), p);
}
HWY_INLINE V64 load_first(const float* p, std::size_t count) {
  return hn::PromoteTo(F64(), hn::MaskedLoad(hn::FirstN(F32(), count), F32(), p));
}

/// Which payload a NaN keeps when two meet depends on the operand order that the compiler chose,
/// so every NaN that leaves a kernel is the same one.
HWY_INLINE V64 one_nan(V64 v) {
  return hn::IfThenElse(hn::IsNaN(v), set(std::numeric_limits<double>::quiet_NaN()), v);
}

/// out[i] ← f(x[i]); out may be x.
template <class T, class F>
HWY_INLINE void map(const T* x, double* out, std::size_t n, F f) {
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) hn::StoreU(f(load(x + i)), F64(), out + i);
  if (i < n) {
    hn::BlendedStore(f(load_first(x + i, n - i)), hn::FirstN(F64(), n - i), F64(), out + i);
  }
}

/// out[i] ← f(x[i], y[i]); out may be x or y.
template <class T, class F>
HWY_INLINE void map(const T* x, const double* y, double* out, std::size_t n, F f) {
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    hn::StoreU(f(load(x + i), load(y + i)), F64(), out + i);
  }
  if (i < n) {
    hn::BlendedStore(f(load_first(x + i, n - i), load_first(y + i, n - i)),
                     hn::FirstN(F64(), n - i), F64(), out + i);
  }
}

/// c[0] + c[1] x + c[2] x² + …
template <std::size_t n>
HWY_INLINE V64 polynomial(V64 x, const double (&c)[n]) {
  V64 sum = set(c[n - 1]);
  for (std::size_t k = n - 1; k-- > 0;) sum = hn::MulAdd(sum, x, set(c[k]));
  return sum;
}

}  // namespace
}  // namespace cohort::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // COHORT_CORE_SIMD_INL_HPP
