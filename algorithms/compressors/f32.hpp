#pragma once
// IEEE 754 binary32: every coordinate is rounded to nearest.
//   C(x)_j = the IEEE 754 binary32 nearest to x_j
// -----------------------------------------------------------------------------------------------
// x [d]. δ = 1 − u², u = 2^−24; 4 d bytes. Beyond 3.4e38 it overflows, and the reply is dropped as
// not finite. Source: IEEE 754-2019, section 3.6.

#include "algorithms/compressors/rounded.hpp"

namespace cohort {

struct F32 {
  static constexpr std::string_view name = "f32";
  static constexpr std::string_view summary = "rounds to IEEE 754 binary32";
  static constexpr std::string_view source = "IEEE 754-2019";
  struct Options {};
  Options options;

  double delta(std::uint64_t) const {
    return compression::delta_of_rounding(compression::error_of_f32);
  }
  std::uint64_t bytes(std::uint64_t d) const { return d * element_size(Element::f32); }
  void compress(const Stream&, Block& block) const {
    compression::round_block(block, Element::f32);
  }
};

}  // namespace cohort
