#pragma once
// Half precision with a common scale, so that neither large nor small vectors leave its range.
//   C(x)_j = σ · the binary16 nearest to x_j / σ,   σ = the power of two with max |x_j| / σ in
//                                                       [2^14, 2^15)
// -----------------------------------------------------------------------------------------------
// x [d]. Contractive: δ = 1 − u² − 2^−78 d, u = 2^−11 + 2^−24; the last term is of coordinates
// below 2^−29 of the largest, which are rounded to multiples of 2^−24 σ. Sent are 16 bits a
// coordinate, σ and 8 bytes. Source: IEEE 754-2019, section 3.6; the scale is that of Micikevicius
// et al., Mixed precision
//   training, ICLR 2018.
// Cost: two reads of x.

#include "algorithms/compressors/quantize.hpp"
#include "algorithms/compressors/rounded.hpp"

namespace cohort {

struct F16 {
  static constexpr std::string_view name = "f16";
  static constexpr std::string_view summary = "rounds to half precision with a common scale";
  static constexpr std::string_view source = "IEEE 754-2019; Micikevicius et al., ICLR 2018";
  struct Options {};
  Options options;

  double delta(std::uint64_t d) const {
    constexpr double u = 0x1p-11 + 0x1p-24;
    return compression::delta_of_rounding(u) - 0x1p-78 * static_cast<double>(d);
  }
  std::uint64_t bytes(std::uint64_t d) const { return Quantization{Levels::half, 1, 0}.bytes(d); }
  void compress(const Stream&, Block& block) const { compression::quantize_halves(block); }
};

}  // namespace cohort
