#include "core/kernels_top_k.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <memory>
#include <vector>

#include "core/check.hpp"

#include "core/simd.hpp"

// What one pass finds, outside of what is compiled for each instruction set.
#ifndef COHORT_CORE_KERNELS_TOP_K_SCAN
#define COHORT_CORE_KERNELS_TOP_K_SCAN
namespace cohort::kernels::top_k {

struct Scan {
  std::uint64_t low = 0, high = 0;  // the bracket, bits of magnitudes
  std::size_t above = 0, at_high = 0, at_low = 0;
  std::size_t inside = 0;   // strictly between low and high, and kept
  bool overflowed = false;  // more lie inside than there is room for
};

inline constexpr std::uint64_t magnitude_bits = 0x7fffffffffffffffU;

}  // namespace cohort::kernels::top_k
#endif

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels_top_k.cpp"
#include <hwy/foreach_target.h>

#include "core/simd-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace cohort::kernels::HWY_NAMESPACE {
namespace {

using Bits = hn::Vec<I64>;

HWY_INLINE Bits magnitude(const double* x) {
  return hn::And(hn::BitCast(I64(), load(x)),
                 hn::Set(I64(), static_cast<std::int64_t>(top_k::magnitude_bits)));
}
HWY_INLINE Bits ones(hn::Mask<I64> mask) { return hn::VecFromMask(I64(), mask); }  // −1 where true

// `room` is for what lies inside, and a vector more.
void scan_magnitudes(const double* x, std::size_t n, top_k::Scan& scan, std::uint64_t* kept,
                     std::size_t room) {
  const Bits low = hn::Set(I64(), static_cast<std::int64_t>(scan.low));
  const Bits high = hn::Set(I64(), static_cast<std::int64_t>(scan.high));
  Bits above = hn::Zero(I64()), at_high = hn::Zero(I64()), at_low = hn::Zero(I64());
  const std::size_t whole = n / (2 * lanes) * (2 * lanes);
  for (std::size_t i = 0; i < whole; i += 2 * lanes) {
    const Bits a = magnitude(x + i), b = magnitude(x + i + lanes);
    const auto above_a = hn::Gt(a, high), above_b = hn::Gt(b, high);
    const auto high_a = hn::Eq(a, high), high_b = hn::Eq(b, high);
    above = hn::Add(above, hn::Add(ones(above_a), ones(above_b)));
    at_high = hn::Add(at_high, hn::Add(ones(high_a), ones(high_b)));
    at_low = hn::Add(at_low, hn::Add(ones(hn::Eq(a, low)), ones(hn::Eq(b, low))));
    const auto in_a = hn::And(hn::Gt(a, low), hn::Gt(high, a));
    const auto in_b = hn::And(hn::Gt(b, low), hn::Gt(high, b));
    if (hn::AllFalse(I64(), hn::Or(in_a, in_b))) continue;
    if (scan.inside + 2 * lanes > room) {
      scan.overflowed = true;
      return;
    }
    scan.inside += hn::CompressStore(hn::BitCast(U64(), a), hn::RebindMask(U64(), in_a), U64(),
                                     kept + scan.inside);
    scan.inside += hn::CompressStore(hn::BitCast(U64(), b), hn::RebindMask(U64(), in_b), U64(),
                                     kept + scan.inside);
  }
  const auto total = [](Bits counts) HWY_ATTR {
    return static_cast<std::size_t>(-hn::GetLane(hn::SumOfLanes(I64(), counts)));
  };
  scan.above = total(above);
  scan.at_high = total(at_high);
  scan.at_low = total(at_low);
}

// Selects from [0, whole) and returns how many; whole is a multiple of lanes.
std::size_t collect_magnitudes(const double* x, std::size_t whole, std::uint64_t threshold,
                               std::size_t& ties, std::uint32_t* indices, double* values) {
  const Bits limit = hn::Set(I64(), static_cast<std::int64_t>(threshold));
  std::size_t count = 0;
  for (std::size_t i = 0; i < whole; i += lanes) {
    const Bits bits = magnitude(x + i);
    const auto above = hn::Gt(bits, limit), equal = hn::Eq(bits, limit);
    if (hn::AllFalse(I64(), hn::Or(above, equal))) continue;
    std::uint8_t taken[8] = {}, tied[8] = {};
    hn::StoreMaskBits(I64(), above, taken);
    hn::StoreMaskBits(I64(), equal, tied);
    unsigned left = taken[0] | tied[0];
    while (left != 0) {
      const unsigned lane = static_cast<unsigned>(__builtin_ctz(left));
      left &= left - 1;
      if ((tied[0] >> lane & 1U) != 0) {
        if (ties == 0) continue;
        --ties;
      }
      indices[count] = static_cast<std::uint32_t>(i + lane);
      values[count] = x[i + lane];
      ++count;
    }
  }
  return count;
}

}  // namespace
}  // namespace cohort::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace cohort::kernels {

namespace {

constexpr std::size_t lanes_at_most = 8;

std::uint64_t magnitude_of(double x) {
  return std::bit_cast<std::uint64_t>(x) & top_k::magnitude_bits;
}

// The k-th largest of `keys`, and how many equal ones are among the k.
TopThreshold select(std::span<std::uint64_t> keys, std::size_t k) {
  const auto at = keys.begin() + static_cast<std::ptrdiff_t>(k - 1);
  std::nth_element(keys.begin(), at, keys.end(), std::greater<>());
  const std::uint64_t found = *at;
  return {found, static_cast<std::size_t>(std::count(keys.begin(), at + 1, found))};
}

TopThreshold select_among_all(std::span<const double> x, std::size_t k) {
  std::vector<std::uint64_t> keys(x.size());
  std::transform(x.begin(), x.end(), keys.begin(), magnitude_of);
  return select(keys, k);
}

// Bracket of the k-th largest magnitude: the sample has one of every `stride` numbers, at a place
// that no pattern of theirs follows, and the ranks reach four standard deviations to both sides.
// `share_inside` is that of the sample.
top_k::Scan bracket(std::span<const double> x, std::size_t k, std::size_t stride,
                    double& share_inside) {
  std::vector<std::uint64_t> sample(x.size() / stride);
  std::uint64_t place = 0;
  for (std::size_t i = 0; i < sample.size(); ++i) {
    place += 0x9e3779b97f4a7c15U;
    const auto offset = static_cast<std::size_t>(((place >> 32) * stride) >> 32);
    sample[i] = magnitude_of(x[i * stride + offset]);
  }
  const auto m = static_cast<double>(sample.size());
  const double share = static_cast<double>(k) / static_cast<double>(x.size());
  const double reach = 4 * std::sqrt(m * share * (1 - share)) + 4;
  const double first = std::floor(share * m - reach), last = std::ceil(share * m + reach);
  share_inside = 2 * reach / m;
  top_k::Scan scan{0, top_k::magnitude_bits};
  const auto nth = [&](double rank, std::size_t from) {
    const auto at = sample.begin() + static_cast<std::ptrdiff_t>(rank);
    std::nth_element(sample.begin() + static_cast<std::ptrdiff_t>(from), at, sample.end(),
                     std::greater<>());
    return *at;
  };
  const bool has_high = first >= 0;
  if (has_high) scan.high = nth(first, 0);
  if (last < m) scan.low = nth(last, has_high ? static_cast<std::size_t>(first) : 0);
  return scan;
}

}  // namespace

TopThreshold top_threshold(std::span<const double> x, std::size_t k) {
  COHORT_CHECK(k >= 1 && k <= x.size(), "as many as there are, and one at least");
  constexpr std::size_t few = 2048, largest_sample = 65536;
  if (x.size() < few) return select_among_all(x, k);
  const std::size_t stride = std::max<std::size_t>(32, x.size() / largest_sample);
  double share_inside = 0;
  top_k::Scan scan = bracket(x, k, stride, share_inside);
  const auto room = static_cast<std::size_t>(2 * share_inside * static_cast<double>(x.size()));
  const auto inside = std::make_unique_for_overwrite<std::uint64_t[]>(room + 4 * lanes_at_most);
  const std::size_t whole = x.size() / (2 * lanes_at_most) * (2 * lanes_at_most);
  COHORT_DISPATCH(scan_magnitudes)(x.data(), whole, scan, inside.get(), room);
  if (scan.overflowed) return select_among_all(x, k);
  for (std::size_t i = whole; i < x.size(); ++i) {
    const std::uint64_t key = magnitude_of(x[i]);
    scan.above += key > scan.high;
    scan.at_high += key == scan.high;
    scan.at_low += key == scan.low;
    if (key > scan.low && key < scan.high) inside[scan.inside++] = key;
  }
  if (scan.low == scan.high) scan.at_low = 0;  // they are counted at_high
  // Ranks from the top: above, at_high, inside, at_low.
  std::size_t before = scan.above;
  if (k <= before) return select_among_all(x, k);
  if (k <= before + scan.at_high) return {scan.high, k - before};
  before += scan.at_high;
  if (k <= before + scan.inside) return select({inside.get(), scan.inside}, k - before);
  before += scan.inside;
  if (k <= before + scan.at_low) return {scan.low, k - before};
  return select_among_all(x, k);
}

void collect_top(std::span<const double> x, const TopThreshold& threshold,
                 std::span<std::uint32_t> indices, std::span<double> values) {
  COHORT_CHECK(indices.size() == values.size(), "one index a value");
  std::size_t ties = threshold.ties;
  const std::size_t whole = x.size() / lanes_at_most * lanes_at_most;
  std::size_t count = COHORT_DISPATCH(collect_magnitudes)(x.data(), whole, threshold.magnitude,
                                                          ties, indices.data(), values.data());
  for (std::size_t i = whole; i < x.size(); ++i) {
    const std::uint64_t key = magnitude_of(x[i]);
    if (key < threshold.magnitude || (key == threshold.magnitude && ties == 0)) continue;
    ties -= key == threshold.magnitude;
    indices[count] = static_cast<std::uint32_t>(i);
    values[count++] = x[i];
  }
  COHORT_CHECK(count == indices.size(), "the threshold is that of x and k");
}

}  // namespace cohort::kernels

#endif  // HWY_ONCE
