#pragma once
// Quantized numbers: a few bits each, and a scale for all or for each bucket of them.
//
// The bytes of a quantized block, which say themselves what they are:
//   u8 levels | u8 0 | u16 steps s | u32 bucket | f64 scale of each bucket | codes
// A code has w bits: the sign on top (set: negative), below it the level c ≤ s.
//   sign        w = 1                       ± scale
//   linear      w = 1 + ⌈log2(s + 1)⌉       ± scale c / s
//   geometric   w = 1 + ⌈log2(s + 1)⌉       ± scale 2^(1 − c), 0 where c = 0
//   half        w = 16                      scale times the number of IEEE 754 binary16
// Code i takes bits i w … i w + w − 1 of the codes, bit j being bit j mod 64 of word ⌊j/64⌋.

#include <array>
#include <cstdint>
#include <span>

#include "core/result.hpp"

namespace cohort {

enum class Levels : std::uint8_t { sign, linear, geometric, half };

struct Quantization {
  Levels levels = Levels::linear;
  std::uint16_t steps = 1;   // s; 1 for sign and half, at most 2^16 − 1, geometric at most 1023
  std::uint32_t bucket = 0;  // numbers that share a scale, a multiple of 64; 0: all

  unsigned code_bits() const;
  std::uint64_t buckets(std::uint64_t count) const;
  /// Of a block of `count` numbers, without the 16 bytes that every block has.
  std::uint64_t bytes(std::uint64_t count) const;
  bool valid() const;

  friend bool operator==(const Quantization&, const Quantization&) = default;
};

/// Codes are packed 64 at a time.
inline constexpr std::size_t code_group = 64;
using CodeGroup = std::array<std::uint32_t, code_group>;

/// Writes the bytes of a quantized block: its scales, and its codes group after group.
class QuantizedWriter {
 public:
  /// `out` has quantization.bytes(count) bytes, aligned to 8.
  QuantizedWriter(const Quantization& quantization, std::uint64_t count, std::span<std::byte> out);
  void set_scale(std::uint64_t bucket, double scale) { scales_[bucket] = scale; }
  /// The codes from group · 64 on; those past the end are not written.
  void put(std::uint64_t group, const CodeGroup& codes);

 private:
  unsigned bits_;
  std::uint64_t count_;
  double* scales_;
  std::span<std::uint64_t> words_;
};

/// Reads them. The bytes outlive it.
class QuantizedReader {
 public:
  /// Refuses bytes that do not hold `count` numbers, and levels beyond the steps.
  static Result<QuantizedReader> checked(std::span<const std::byte> in, std::uint64_t count);
  /// Of bytes that were written here or checked.
  QuantizedReader(std::span<const std::byte> in, std::uint64_t count);

  const Quantization& quantization() const { return quantization_; }
  /// The numbers from group · 64 on, 64 or those that are left, which are returned.
  std::size_t take(std::uint64_t group, std::span<double, code_group> out) const;

 private:
  std::size_t codes(std::uint64_t group, CodeGroup& out) const;

  Quantization quantization_;
  std::uint64_t count_;
  const double* scales_;
  std::span<const std::uint64_t> words_;
};

}  // namespace cohort
