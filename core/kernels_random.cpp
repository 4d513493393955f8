#include "core/kernels_random.hpp"

#include "core/simd.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels_random.cpp"
#include <hwy/foreach_target.h>

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
    c0 = hn::Xor(hn::Xor(hn::ShiftRight<32>(p1), c1), hn::Set(U64(), key0));
    c2 = hn::Xor(hn::Xor(hn::ShiftRight<32>(p0), c3), hn::Set(U64(), key1));
    c1 = p1;
    c3 = p0;
  }
  HWY_INLINE void store(std::uint64_t* out) const {
    const W64 mask = hn::Set(U64(), 0xFFFFFFFFU);
    hn::StoreInterleaved2(hn::Or(hn::And(c0, mask), hn::ShiftLeft<32>(c1)),
                          hn::Or(hn::And(c2, mask), hn::ShiftLeft<32>(c3)), U64(), out);
  }
};

// Two vectors of blocks at once, to hide the latency of the multiplications.
constexpr std::size_t group = 2 * lanes;

HWY_INLINE void philox_group(std::uint64_t key, std::uint64_t low, std::uint64_t high,
                             std::uint64_t* out) {
  const auto start = [&](std::uint64_t first) HWY_ATTR {
    const W64 counter = hn::Add(hn::Set(U64(), first), hn::Iota(U64(), 0));
    return Blocks{counter, hn::ShiftRight<32>(counter), hn::Set(U64(), high),
                  hn::Set(U64(), high >> 32)};
  };
  Blocks a = start(low);
  Blocks b = start(low + lanes);
  std::uint32_t key0 = static_cast<std::uint32_t>(key);
  std::uint32_t key1 = static_cast<std::uint32_t>(key >> 32);
  for (int r = 0; r < 10; ++r) {
    a.round(key0, key1);
    b.round(key0, key1);
    key0 += 0x9E3779B9U;
    key1 += 0xBB67AE85U;
  }
  a.store(out);
  b.store(out + 2 * lanes);
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

}  // namespace cohort::kernels

#endif  // HWY_ONCE
