#include "core/quantized.hpp"

#include <immintrin.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "core/check.hpp"

namespace cohort {

namespace {

constexpr std::size_t header_bytes = 8;
constexpr unsigned most_bits = 17;
constexpr std::uint16_t most_geometric_steps = 1023;  // 2^(1 − s) stays a normal number

// The lowest `bits` of each item, one after another, into whole words.
template <unsigned bits, std::size_t count>
void concatenate(const std::array<std::uint64_t, count>& items, std::uint64_t* words) {
  std::uint64_t word = 0;
  unsigned used = 0;
#pragma GCC unroll 64
  for (std::size_t i = 0; i < count; ++i) {
    word |= items[i] << used;
    used += bits;
    if (used >= 64) {
      *words++ = word;
      used -= 64;
      word = used == 0 ? 0 : items[i] >> (bits - used);
    }
  }
}

template <unsigned bits>
void pack(const CodeGroup& codes, std::uint64_t* words) {
  if constexpr (bits <= 16) {
    // Two codes at a time and then four, which a vector does for many; the first in the low bits.
    std::array<std::uint64_t, code_group / 2> pairs;
    std::memcpy(pairs.data(), codes.data(), sizeof codes);
    constexpr std::uint64_t mask = (std::uint64_t{1} << (2 * bits)) - 1;
    for (std::uint64_t& pair : pairs) pair = (pair | pair >> (32 - bits)) & mask;
    std::array<std::uint64_t, code_group / 4> quads;
    for (std::size_t i = 0; i < quads.size(); ++i) {
      quads[i] = pairs[2 * i] | pairs[2 * i + 1] << (2 * bits);
    }
    concatenate<4 * bits>(quads, words);
  } else {
    std::array<std::uint64_t, code_group> wide;
    std::copy(codes.begin(), codes.end(), wide.begin());
    concatenate<bits>(wide, words);
  }
}

template <unsigned bits>
void unpack(const std::uint64_t* words, CodeGroup& codes) {
  constexpr std::uint64_t mask = (std::uint64_t{1} << bits) - 1;
#pragma GCC unroll 64
  for (unsigned i = 0; i < code_group; ++i) {
    const unsigned at = i * bits, shift = at % 64;
    std::uint64_t code = words[at / 64] >> shift;
    if (shift + bits > 64) code |= words[at / 64 + 1] << (64 - shift);
    codes[i] = static_cast<std::uint32_t>(code & mask);
  }
}

using Pack = void (*)(const CodeGroup&, std::uint64_t*);
using Unpack = void (*)(const std::uint64_t*, CodeGroup&);
template <unsigned... bits>
constexpr std::array<Pack, sizeof...(bits)> packs(std::integer_sequence<unsigned, bits...>) {
  return {&pack<bits + 1>...};
}
template <unsigned... bits>
constexpr std::array<Unpack, sizeof...(bits)> unpacks(std::integer_sequence<unsigned, bits...>) {
  return {&unpack<bits + 1>...};
}
constexpr auto widths = std::make_integer_sequence<unsigned, most_bits>();
constexpr auto pack_of = packs(widths);
constexpr auto unpack_of = unpacks(widths);

double with_sign(double magnitude, std::uint32_t is_negative) {
  return std::bit_cast<double>(std::bit_cast<std::uint64_t>(magnitude) ^
                               (std::uint64_t{is_negative} << 63));
}

Quantization header(std::span<const std::byte> in) {
  Quantization q;
  std::memcpy(&q.levels, in.data(), 1);
  std::memcpy(&q.steps, in.data() + 2, 2);
  std::memcpy(&q.bucket, in.data() + 4, 4);
  return q;
}

}  // namespace

unsigned Quantization::code_bits() const {
  switch (levels) {
    case Levels::sign:
      return 1;
    case Levels::linear:
    case Levels::geometric:
      return 1 + static_cast<unsigned>(std::bit_width(steps));
    case Levels::half:
      return 16;
  }
  return 0;
}

std::uint64_t Quantization::buckets(std::uint64_t count) const {
  return bucket == 0 || count == 0 ? 1 : (count - 1) / bucket + 1;
}

std::uint64_t Quantization::bytes(std::uint64_t count) const {
  const std::uint64_t words = (count * code_bits() + 63) / 64;
  return header_bytes + sizeof(double) * (buckets(count) + words);
}

bool Quantization::valid() const {
  if (levels > Levels::half || steps == 0 || bucket % code_group != 0) return false;
  if (levels == Levels::geometric) return steps <= most_geometric_steps;
  return levels == Levels::linear || steps == 1;
}

QuantizedWriter::QuantizedWriter(const Quantization& q, std::uint64_t count,
                                 std::span<std::byte> out)
    : bits_(q.code_bits()), count_(count) {
  COHORT_CHECK(q.valid() && out.size() == q.bytes(count), "quantized bytes as declared");
  const std::uint8_t zero = 0;
  std::memcpy(out.data(), &q.levels, 1);
  std::memcpy(out.data() + 1, &zero, 1);
  std::memcpy(out.data() + 2, &q.steps, 2);
  std::memcpy(out.data() + 4, &q.bucket, 4);
  scales_ = reinterpret_cast<double*>(out.data() + header_bytes);
  const std::size_t codes = header_bytes + sizeof(double) * q.buckets(count);
  words_ = {reinterpret_cast<std::uint64_t*>(out.data() + codes), (out.size() - codes) / 8};
}

void QuantizedWriter::put(std::uint64_t group, const CodeGroup& codes) {
  if ((group + 1) * code_group <= count_) {
    pack_of[bits_ - 1](codes, words_.data() + group * bits_);
    return;
  }
  CodeGroup kept{};
  std::copy_n(codes.begin(), count_ - group * code_group, kept.begin());
  std::array<std::uint64_t, most_bits> words;
  pack_of[bits_ - 1](kept, words.data());
  std::copy_n(words.begin(), words_.size() - group * bits_,
              words_.begin() + static_cast<std::ptrdiff_t>(group * bits_));
}

QuantizedReader::QuantizedReader(std::span<const std::byte> in, std::uint64_t count)
    : quantization_(header(in)), count_(count) {
  scales_ = reinterpret_cast<const double*>(in.data() + header_bytes);
  const std::size_t codes = header_bytes + sizeof(double) * quantization_.buckets(count);
  words_ = {reinterpret_cast<const std::uint64_t*>(in.data() + codes), (in.size() - codes) / 8};
}

Result<QuantizedReader> QuantizedReader::checked(std::span<const std::byte> in,
                                                 std::uint64_t count) {
  if (in.size() < header_bytes) return bad_input("the header of quantized numbers is missing");
  const Quantization q = header(in);
  if (in[1] != std::byte{0} || !q.valid()) return bad_input("not a header of quantized numbers");
  // Each number has a bit at least, so what follows cannot overflow.
  if (count / 8 > in.size() || in.size() != q.bytes(count)) {
    return bad_input("expected the bytes of " + std::to_string(count) +
                     " quantized numbers, found " + std::to_string(in.size()) + " bytes");
  }
  const QuantizedReader reader(in, count);
  if (q.levels != Levels::linear && q.levels != Levels::geometric) return reader;
  const std::uint32_t level = (std::uint32_t{1} << (q.code_bits() - 1)) - 1;
  CodeGroup codes;
  for (std::uint64_t first = 0; first < count; first += code_group) {
    const std::size_t n = reader.codes(first / code_group, codes);
    for (std::size_t i = 0; i < n; ++i) {
      if ((codes[i] & level) > q.steps) {
        return bad_input("level " + std::to_string(codes[i] & level) + " of quantized number " +
                         std::to_string(first + i) + " exceeds " + std::to_string(q.steps));
      }
    }
  }
  return reader;
}

std::size_t QuantizedReader::codes(std::uint64_t group, CodeGroup& out) const {
  const unsigned bits = quantization_.code_bits();
  const std::uint64_t* from = words_.data() + group * bits;
  const std::size_t n = std::min<std::uint64_t>(code_group, count_ - group * code_group);
  std::array<std::uint64_t, most_bits> last{};
  if (n < code_group) {
    std::copy_n(from, words_.size() - group * bits, last.begin());
    from = last.data();
  }
  unpack_of[bits - 1](from, out);
  return n;
}

std::size_t QuantizedReader::take(std::uint64_t group, std::span<double, code_group> out) const {
  CodeGroup code;
  const std::size_t n = codes(group, code);
  const std::uint32_t bucket = quantization_.bucket;
  const double scale = scales_[bucket == 0 ? 0 : group * code_group / bucket];
  const unsigned sign = quantization_.code_bits() - 1;
  const std::uint32_t level = (std::uint32_t{1} << sign) - 1;
  switch (quantization_.levels) {
    case Levels::sign:
      for (std::size_t i = 0; i < code_group; ++i) out[i] = with_sign(scale, code[i]);
      break;
    case Levels::linear: {
      const double unit = scale / quantization_.steps;
      for (std::size_t i = 0; i < code_group; ++i) {
        const auto c = static_cast<std::int32_t>(code[i] & level);
        out[i] = with_sign(unit * c, code[i] >> sign);
      }
      break;
    }
    case Levels::geometric:
      for (std::size_t i = 0; i < code_group; ++i) {
        const std::uint64_t c = code[i] & level;
        // 2^(1 − c), and 0 for c = 0.
        const std::uint64_t power = c == 0 ? 0 : (1024 - c) << 52;
        out[i] = with_sign(scale * std::bit_cast<double>(power), code[i] >> sign);
      }
      break;
    case Levels::half:
      for (std::size_t i = 0; i < code_group; i += 8) {
        std::array<std::uint16_t, 8> half;
        for (std::size_t k = 0; k < 8; ++k) half[k] = static_cast<std::uint16_t>(code[i + k]);
        std::array<float, 8> single;
        _mm256_storeu_ps(
            single.data(),
            _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(half.data()))));
        for (std::size_t k = 0; k < 8; ++k) out[i + k] = scale * static_cast<double>(single[k]);
      }
      break;
  }
  return n;
}

}  // namespace cohort
