#include "algorithms/compressors/quantize.hpp"

#include <immintrin.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <vector>

#include "core/kernels.hpp"

namespace cohort::compression {

namespace {

constexpr std::size_t piece = 1024;  // coordinates whose random numbers are drawn at once
constexpr std::uint64_t magnitude_mask = 0x7fffffffffffffffU;
constexpr std::uint64_t one_exponent = std::uint64_t{1} << 52;

using Random = std::array<std::uint32_t, code_group>;

std::uint64_t bits_of(double x) { return std::bit_cast<std::uint64_t>(x); }
std::uint32_t sign_of(double x) { return static_cast<std::uint32_t>(bits_of(x) >> 63); }
// 2^(e − 1023) for a biased exponent 1 … 2046; 2047: infinity.
double power(std::uint64_t biased) { return std::bit_cast<double>(biased << 52); }

/// group(index, x of 64 coordinates padded by zeros, their random numbers, codes) for all of x.
template <class Group>
void each_group(std::span<const double> x, const Stream& stream, QuantizedWriter& writer,
                Group group) {
  std::array<std::uint64_t, piece / 2> words;
  std::array<double, code_group> last{};
  CodeGroup codes;
  for (std::size_t first = 0; first < x.size(); first += piece) {
    stream.fill_bits(words, first / 2);
    const std::size_t end = std::min(first + piece, x.size());
    for (std::size_t at = first; at < end; at += code_group) {
      const double* in = x.data() + at;
      if (x.size() - at < code_group) {
        std::copy(x.begin() + static_cast<std::ptrdiff_t>(at), x.end(), last.begin());
        in = last.data();
      }
      Random random;
      std::memcpy(random.data(), words.data() + (at - first) / 2, sizeof random);
      group(at / code_group, std::span<const double, code_group>(in, code_group), random, codes);
      writer.put(at / code_group, codes);
    }
  }
}

/// Forms the block: its scales by scale_of(bucket of x), its codes by group(index, x, random,
/// codes, scale). A scale of 0, or one that is not finite, gives codes of 0.
template <class Scale, class Group>
void quantize(const Quantization& q, const Stream& stream, Block& block, Scale scale_of,
              Group group) {
  const auto x = block.doubles();
  Block out = quantized_block(block.name, block.length, q);
  QuantizedWriter writer(q, x.size(), {out.data.mutable_data(), out.data.size()});
  const std::size_t bucket = q.bucket == 0 ? std::max<std::size_t>(x.size(), 1) : q.bucket;
  std::vector<double> scales(q.buckets(x.size()));
  for (std::size_t j = 0; j < scales.size(); ++j) {
    const std::size_t first = j * bucket;
    scales[j] = scale_of(x.subspan(first, std::min(bucket, x.size() - first)));
    if (scales[j] < smallest_scale) scales[j] = 0;
    writer.set_scale(j, scales[j]);
  }
  std::size_t current = 0, next = bucket;  // the bucket of a group, and where the following starts
  each_group(x, stream, writer,
             [&](std::size_t index, std::span<const double, code_group> in, const Random& random,
                 CodeGroup& codes) {
               if (index * code_group == next) {
                 ++current;
                 next += bucket;
               }
               const double scale = scales[current];
               if (scale == 0 || !std::isfinite(scale)) {
                 codes.fill(0);
               } else {
                 group(in, random, codes, scale);
               }
             });
  block = std::move(out);
}

}  // namespace

void quantize_linear(const Quantization& q, double (*scale_of)(std::span<const double>),
                     const Stream& stream, Block& block) {
  const unsigned sign = q.code_bits() - 1;
  quantize(q, stream, block, scale_of,
           [sign, s = double(q.steps)](std::span<const double, code_group> x, const Random& random,
                                       CodeGroup& codes, double scale) {
             const double inverse = s / scale;
             for (std::size_t i = 0; i < code_group; ++i) {
               // Centred, since a vector converts signed numbers only: u in [0, 1).
               const auto centred = static_cast<std::int32_t>(random[i]);
               const double u = static_cast<double>(centred) * 0x1p-32 + 0.5;
               const double magnitude = std::bit_cast<double>(bits_of(x[i]) & magnitude_mask);
               const auto level = static_cast<std::int32_t>(magnitude * inverse + u);
               codes[i] = static_cast<std::uint32_t>(level) | sign_of(x[i]) << sign;
             }
           });
}

void quantize_geometric(const Quantization& q, const Stream& stream, Block& block) {
  const unsigned sign = q.code_bits() - 1;
  const std::uint64_t s = q.steps;
  const double least = power(1024 - s), to_least = power(1022 + s);  // 2^(1 − s) and its inverse
  quantize(
      q, stream, block, [](std::span<const double> x) { return kernels::norm(x); },
      [=](std::span<const double, code_group> x, const Random& random, CodeGroup& codes,
          double scale) {
        const double inverse = 1 / scale;
        for (std::size_t i = 0; i < code_group; ++i) {
          const double y = std::bit_cast<double>(bits_of(x[i]) & magnitude_mask) * inverse;
          // Carries into the exponent with the probability of the mantissa.
          const std::uint64_t rounded = bits_of(y) + (std::uint64_t{random[i]} << 20);
          const std::uint64_t level = 1024 - rounded / one_exponent;
          const auto centred = static_cast<std::int32_t>(random[i]);
          const double u = static_cast<double>(centred) * 0x1p-32 + 0.5;
          const std::uint64_t below = y * to_least + u >= 1 ? s : 0;
          codes[i] = static_cast<std::uint32_t>(y >= least ? level : below) | sign_of(x[i]) << sign;
        }
      });
}

void quantize_powers(const Quantization& q, const Stream& stream, Block& block) {
  const unsigned sign = q.code_bits() - 1;
  const std::uint64_t s = q.steps;
  quantize(
      q, stream, block,
      [](std::span<const double> x) {
        const double largest = kernels::max_abs(x);
        if (largest == 0 || !std::isfinite(largest)) return largest;
        return power(bits_of(largest) / one_exponent + 1);
      },
      [=](std::span<const double, code_group> x, const Random& random, CodeGroup& codes,
          double scale) {
        const std::uint64_t top = bits_of(scale) / one_exponent;  // the exponent of level 1
        for (std::size_t i = 0; i < code_group; ++i) {
          const std::uint64_t bits = bits_of(x[i]) & magnitude_mask;
          const std::uint64_t exponent = (bits + (std::uint64_t{random[i]} << 20)) / one_exponent;
          const std::uint64_t level = top + 1 - exponent;
          const bool is_kept = bits >= one_exponent && level <= s;
          codes[i] = static_cast<std::uint32_t>(is_kept ? level : 0) | sign_of(x[i]) << sign;
        }
      });
}

void quantize_signs(Block& block) {
  const Quantization q{Levels::sign, 1, 0};
  const auto x = block.doubles();
  Block out = quantized_block(block.name, block.length, q);
  QuantizedWriter writer(q, x.size(), {out.data.mutable_data(), out.data.size()});
  double total = 0;
  std::array<double, piece> magnitude;
  CodeGroup codes;
  for (std::size_t first = 0; first < x.size(); first += piece) {
    const std::size_t n = std::min(piece, x.size() - first);
    for (std::size_t i = 0; i < n; ++i) {
      magnitude[i] = std::bit_cast<double>(bits_of(x[first + i]) & magnitude_mask);
    }
    total += kernels::sum(std::span(magnitude).first(n));
    for (std::size_t at = 0; at < n; at += code_group) {
      const std::size_t rest = std::min(code_group, n - at);
      for (std::size_t i = 0; i < rest; ++i) codes[i] = sign_of(x[first + at + i]);
      writer.put((first + at) / code_group, codes);
    }
  }
  writer.set_scale(0, x.empty() ? 0 : total / static_cast<double>(x.size()));
  block = std::move(out);
}

void quantize_halves(Block& block) {
  const Quantization q{Levels::half, 1, 0};
  const auto x = block.doubles();
  Block out = quantized_block(block.name, block.length, q);
  QuantizedWriter writer(q, x.size(), {out.data.mutable_data(), out.data.size()});
  const double largest = kernels::max_abs(x);
  // At most 2^1023 · 2^−14, at least 2^−1022.
  const std::uint64_t exponent = std::max<std::uint64_t>(bits_of(largest) / one_exponent, 15) - 14;
  const double inverse = power(2046 - exponent);
  writer.set_scale(0, std::isfinite(largest) ? power(exponent) : largest);
  CodeGroup codes;
  for (std::size_t first = 0; first < x.size(); first += code_group) {
    std::array<float, code_group> single{};
    const std::size_t n = std::min(code_group, x.size() - first);
    for (std::size_t i = 0; i < n; ++i) single[i] = static_cast<float>(x[first + i] * inverse);
    for (std::size_t i = 0; i < code_group; i += 8) {
      std::array<std::uint16_t, 8> half;
      _mm_storeu_si128(reinterpret_cast<__m128i*>(half.data()),
                       _mm256_cvtps_ph(_mm256_loadu_ps(single.data() + i),
                                       _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
      for (std::size_t k = 0; k < 8; ++k) codes[i + k] = half[k];
    }
    writer.put(first / code_group, codes);
  }
  block = std::move(out);
}

}  // namespace cohort::compression
