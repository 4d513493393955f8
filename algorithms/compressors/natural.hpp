#pragma once
// Natural compression: each coordinate is rounded at random to one of the two powers of two around.
//   C(x)_j = sign(x_j) 2^⌊log2 |x_j|⌋ or twice that, with mean x_j
// -----------------------------------------------------------------------------------------------
// x [d]. Unbiased, ω = 1/8, so that δ = 7/8, too.
// Sent are 8 bits a coordinate: a sign, and an exponent of 7 bits below that of the largest, where
// the paper sends the 8 bits of single precision's. What is below 2^−126 of the largest becomes 0.
// Source: Horváth et al., Natural compression for distributed deep learning, MSML 2022.
// Cost: two reads of x, one random number of 32 bits a coordinate.

#include "algorithms/compressors/quantize.hpp"

namespace cohort {

struct Natural {
  static constexpr std::string_view name = "natural";
  static constexpr std::string_view summary = "rounds at random to powers of two";
  static constexpr std::string_view source = "Horváth et al., MSML 2022";
  struct Options {};
  Options options;

  double omega(std::uint64_t) const { return 0.125; }
  std::uint64_t bytes(std::uint64_t d) const { return quantization.bytes(d); }
  void compress(const Stream& stream, Block& block) const {
    compression::quantize_powers(quantization, stream, block);
  }

  static constexpr Quantization quantization{Levels::geometric, 127, 0};
};

}  // namespace cohort
