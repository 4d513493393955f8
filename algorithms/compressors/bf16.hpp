#pragma once
// bfloat16: every coordinate is rounded to nearest.
//   C(x)_j = the bfloat16 nearest to x_j
// -----------------------------------------------------------------------------------------------
// x [d]. δ = 1 − u², u = 2^−8 + 2^−24; 2 d bytes. Beyond 3.4e38 it overflows, and the reply is
// dropped as not finite. Source: Kalamkar et al., A study of BFLOAT16 for deep learning training,
// arXiv 1905.12322, 2019.

#include "algorithms/compressors/rounded.hpp"

namespace cohort {

struct Bf16 {
  static constexpr std::string_view name = "bf16";
  static constexpr std::string_view summary = "rounds to bfloat16";
  static constexpr std::string_view source = "Kalamkar et al., arXiv 1905.12322";
  struct Options {};
  Options options;

  double delta(std::uint64_t) const {
    return compression::delta_of_rounding(compression::error_of_bf16);
  }
  std::uint64_t bytes(std::uint64_t d) const { return d * element_size(Element::bf16); }
  void compress(const Stream&, Block& block) const {
    compression::round_block(block, Element::bf16);
  }
};

}  // namespace cohort
