#include "core/kernels_random.hpp"

#include "core/simd.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels_random.cpp"
#include <hwy/foreach_target.h>

#include <hwy/contrib/math/math-inl.h>

#include "core/simd-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace cohort::kernels::HWY_NAMESPACE {
namespace {

using W64 = hn::Vec<U64>;

// The low half of every lane times a 32-bit constant, as 64 bits; the high half is ignored.
HWY_INLINE W64 multiply(W64 x, std::uint32_t constant) {
  const hn::Repartition<std::uint32_t, U64> words;
  return hn::MulEven(hn::BitCast(words, x), hn::Set(words, constant));
}

// One block a lane. Words live in the low halves of 64-bit lanes, above them is rubbish, which
// multiply() ignores and the end masks.
struct Blocks {
  W64 c0, c1, c2, c3;

  HWY_INLINE void round(std::uint32_t key0, std::uint32_t key1) {
    const W64 p0 = multiply(c0, 0xD2511F53U);
    const W64 p1 = multiply(c2, 0xCD9E8D57U);
    c0 = hn::Xor3(hn::ShiftRight<32>(p1), c1, hn::Set(U64(), key0));
    c2 = hn::Xor3(hn::ShiftRight<32>(p0), c3, hn::Set(U64(), key1));
    c1 = p1;
    c3 = p0;
  }
  HWY_INLINE void store(std::uint64_t* out) const {
    const W64 mask = hn::Set(U64(), 0xFFFFFFFFU);
    hn::StoreInterleaved2(hn::Or(hn::And(c0, mask), hn::ShiftLeft<32>(c1)),
                          hn::Or(hn::And(c2, mask), hn::ShiftLeft<32>(c3)), U64(), out);
  }
};

// Several vectors of blocks at once, to hide the latency of the multiplications; as many as the
// registers hold.
constexpr std::size_t vectors = lanes == 8 ? 4 : 2;
constexpr std::size_t group = vectors * lanes;

HWY_INLINE void philox_group(std::uint64_t key, std::uint64_t low, std::uint64_t high,
                             std::uint64_t* out) {
  Blocks blocks[vectors];
  for (std::size_t v = 0; v < vectors; ++v) {
    const W64 counter = hn::Add(hn::Set(U64(), low + v * lanes), hn::Iota(U64(), 0));
    blocks[v] = {counter, hn::ShiftRight<32>(counter), hn::Set(U64(), high),
                 hn::Set(U64(), high >> 32)};
  }
  std::uint32_t key0 = static_cast<std::uint32_t>(key);
  std::uint32_t key1 = static_cast<std::uint32_t>(key >> 32);
  for (int r = 0; r < 10; ++r) {
    for (Blocks& b : blocks) b.round(key0, key1);
    key0 += 0x9E3779B9U;
    key1 += 0xBB67AE85U;
  }
  for (std::size_t v = 0; v < vectors; ++v) blocks[v].store(out + v * 2 * lanes);
}

void philox(std::uint64_t key, std::uint64_t low, std::uint64_t high, std::uint64_t* out,
            std::size_t n) {
  std::size_t i = 0;
  for (; i + 2 * group <= n; i += 2 * group) philox_group(key, low + i / 2, high, out + i);
  if (i == n) return;
  std::uint64_t last[2 * group];
  philox_group(key, low + i / 2, high, last);
  for (std::size_t k = 0; i + k < n; ++k) out[i + k] = last[k];
}

HWY_INLINE V64 to_uniform(W64 word) {
  const V64 k = hn::ConvertTo(F64(), hn::BitCast(I64(), hn::ShiftRight<11>(word)));
  const V64 half = hn::IfThenElseZero(hn::Lt(k, set(0x1p52)), set(0.5));
  return hn::Mul(hn::Add(k, half), set(0x1p-53));
}

HWY_INLINE V64 to_centred(W64 word) {
  // Subtracting 2^63 from the word turns its 53 high bits into a signed integer.
  const auto shifted = hn::BitCast(I64(), hn::Xor(word, hn::Set(U64(), 0x8000000000000000U)));
  const V64 k = hn::ConvertTo(F64(), hn::ShiftRight<11>(shifted));
  return hn::MulAdd(k, set(0x1p-53), set(0x1p-54));
}

template <class F>
HWY_INLINE void convert(const std::uint64_t* words, double* out, std::size_t n, F f) {
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) hn::StoreU(f(hn::LoadU(U64(), words + i)), F64(), out + i);
  if (i < n) {
    const W64 word = hn::MaskedLoad(hn::FirstN(U64(), n - i), U64(), words + i);
    hn::BlendedStore(f(word), hn::FirstN(F64(), n - i), F64(), out + i);
  }
}

void uniforms(const std::uint64_t* words, double* out, std::size_t n) {
  convert(words, out, n, [](W64 word) HWY_ATTR { return to_uniform(word); });
}
void centred_uniforms(const std::uint64_t* words, double* out, std::size_t n) {
  convert(words, out, n, [](W64 word) HWY_ATTR { return to_centred(word); });
}

using N32 = hn::ScalableTag<float>;
using I32 = hn::RebindToSigned<N32>;
using V32 = hn::Vec<N32>;

template <std::size_t n>
HWY_INLINE V32 polynomial(V32 x, const float (&c)[n]) {
  V32 sum = hn::Set(N32(), c[n - 1]);
  for (std::size_t k = n - 1; k-- > 0;) sum = hn::MulAdd(sum, x, hn::Set(N32(), c[k]));
  return sum;
}

// As Giles, Approximating the erfinv function, GPU Computing Gems 2 (2011): with u = 2q and
// w = −log(1 − u²), Φ^−1(½ + q) / u is a polynomial in w, or for large w in √w. The coefficients
// interpolate it at Chebyshev nodes on w ≤ 5 and 5 ≤ w ≤ 21.6, relative error 2e-7 each. A word has
// the tail t = ½ − |q| without cancellation, and 1 − u² = 4t(1 − t).
HWY_INLINE V32 to_normal(W64 two_words) {
  static constexpr float near[] = {2.12331343F,      0.348802716F,    -0.00590765988F,
                                   -0.00177308277F,  0.000308741175F, -6.19474577e-06F,
                                   -4.88579599e-06F, 4.83978852e-07F, 3.19696802e-08F};
  static constexpr float far[] = {
      4.57467461F,     1.42361248F,    0.00562652946F,   -0.00363671826F,  0.00205272459F,
      -0.00141524966F, 0.00101957901F, -0.000414832321F, -2.21731316e-05F, 4.97612637e-05F};
  const auto centred =
      hn::Xor(hn::BitCast(I32(), two_words), hn::Set(I32(), hwy::LimitsMin<std::int32_t>()));
  const auto sign = hn::BroadcastSignBit(centred);
  const auto size = hn::Xor(centred, sign);  // |q| = (size + ½) 2^−32
  const auto beyond = hn::Sub(hn::Set(I32(), hwy::LimitsMax<std::int32_t>()), size);
  const V32 half = hn::Set(N32(), 0.5F);
  const V32 tail = hn::Mul(hn::Add(hn::ConvertTo(N32(), beyond), half), hn::Set(N32(), 0x1p-30F));
  const V32 u = hn::Mul(hn::Add(hn::ConvertTo(N32(), size), half), hn::Set(N32(), 0x1p-31F));
  // 4t(1 − t) = 4t − (4t)²/4
  const V32 rest = hn::NegMulAdd(hn::Mul(tail, tail), hn::Set(N32(), 0.25F), tail);
  // No lane is subnormal, so that half of what Log does may be left out.
  const V32 w = hn::Neg(hn::impl::Log<N32, V32, false>(N32(), rest));
  V32 y = polynomial(hn::Sub(w, hn::Set(N32(), 2.5F)), near);
  const auto is_near = hn::Lt(w, hn::Set(N32(), 5.0F));
  if (!hn::AllTrue(N32(), is_near)) {
    const V32 root = hn::Sub(hn::Sqrt(w), hn::Set(N32(), 3.4F));
    y = hn::IfThenElse(is_near, y, polynomial(root, far));
  }
  return hn::CopySign(hn::Mul(y, u), hn::BitCast(N32(), sign));
}

void normals(const std::uint64_t* words, float* out, std::size_t n) {
  constexpr std::size_t floats = 2 * lanes;
  std::size_t i = 0;
  for (; i + floats <= n; i += floats) {
    hn::StoreU(to_normal(hn::LoadU(U64(), words + i / 2)), N32(), out + i);
  }
  if (i < n) {
    const W64 last = hn::MaskedLoad(hn::FirstN(U64(), (n - i + 1) / 2), U64(), words + i / 2);
    hn::BlendedStore(to_normal(last), hn::FirstN(N32(), n - i), N32(), out + i);
  }
}

}  // namespace
}  // namespace cohort::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace cohort::kernels {

void philox(std::uint64_t key, std::uint64_t low, std::uint64_t high,
            std::span<std::uint64_t> words) {
  COHORT_DISPATCH(philox)(key, low, high, words.data(), words.size());
}
void uniforms(std::span<const std::uint64_t> words, std::span<double> out) {
  COHORT_CHECK(words.size() == out.size(), "as many numbers as words");
  COHORT_DISPATCH(uniforms)(words.data(), out.data(), out.size());
}
void centred_uniforms(std::span<const std::uint64_t> words, std::span<double> out) {
  COHORT_CHECK(words.size() == out.size(), "as many numbers as words");
  COHORT_DISPATCH(centred_uniforms)(words.data(), out.data(), out.size());
}
void normals(std::span<const std::uint64_t> words, std::span<float> out) {
  COHORT_CHECK(words.size() == (out.size() + 1) / 2, "two numbers a word");
  COHORT_DISPATCH(normals)(words.data(), out.data(), out.size());
}

}  // namespace cohort::kernels

#endif  // HWY_ONCE
