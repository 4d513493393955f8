#pragma once
// Identity: what is sent as it is.
//   C(x) = x
// -----------------------------------------------------------------------------------------------
// x [d]. ω = 0, δ = 1; 8 d bytes.
// Source: cohort; what a comparison of compressors is measured against.

#include "algorithms/compressor.hpp"

namespace cohort {

struct Identity {
  static constexpr std::string_view name = "identity";
  static constexpr std::string_view summary = "changes nothing";
  static constexpr std::string_view source = "cohort";
  struct Options {};
  Options options;

  double omega(std::uint64_t) const { return 0; }
  std::uint64_t bytes(std::uint64_t d) const { return d * element_size(Element::f64); }
  void compress(const Stream&, Block&) const {}
};

}  // namespace cohort
