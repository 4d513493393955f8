#pragma once
// Scaled sign: one bit a coordinate, and the mean magnitude.
//   C(x)_j = (‖x‖₁ / d) sign(x_j),   sign(0) = 1
// -----------------------------------------------------------------------------------------------
// x [d]. Contractive and biased: ‖C(x) − x‖² = ‖x‖² − ‖x‖₁² / d, so δ = ‖x‖₁² / (d ‖x‖²) of the x
// at hand, and δ = 1/d whatever x is. Sent are 1 bit a coordinate, the mean and 8 bytes. Source:
// Karimireddy et al., Error feedback fixes SignSGD and other gradient compression schemes,
//   ICML 2019.
// Cost: one read of x.

#include "algorithms/compressors/quantize.hpp"

namespace cohort {

struct Sign {
  static constexpr std::string_view name = "sign";
  static constexpr std::string_view summary = "keeps signs, scaled by the mean magnitude";
  static constexpr std::string_view source = "Karimireddy, Rebjock, Stich, Jaggi, ICML 2019";
  struct Options {};
  Options options;

  double delta(std::uint64_t d) const { return d == 0 ? 1 : 1 / static_cast<double>(d); }
  std::uint64_t bytes(std::uint64_t d) const { return Quantization{Levels::sign, 1, 0}.bytes(d); }
  void compress(const Stream&, Block& block) const { compression::quantize_signs(block); }
};

}  // namespace cohort
