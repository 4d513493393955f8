#pragma once
// QSGD: each coordinate is rounded at random to one of s levels of the norm.
//   C(x)_j = ‖x‖₂ sign(x_j) c_j / s,   c_j = ⌊s |x_j| / ‖x‖₂ + u_j⌋,   u_j uniform in [0, 1)
// -----------------------------------------------------------------------------------------------
// x [d], or each bucket of `bucket` coordinates of it (0: all in one); s = levels.
// Unbiased, ω = min(m / (4 s²), √m / s), m the length of a bucket: a coordinate's variance in
// levels is p (1 − p) ≤ min(1/4, c). (The paper has min(m / s², √m / s).) Sent are 1 + ⌈log2(s +
// 1)⌉ bits a coordinate, a norm a bucket and 8 bytes, where the paper has a code of varying length.
// Source: Alistarh et al., QSGD: communication-efficient SGD via gradient quantization and
// encoding,
//   NeurIPS 2017, section 3.1.
// Cost: two reads of x, one random number of 32 bits a coordinate.

#include "algorithms/compressors/bucketed.hpp"
#include "core/kernels.hpp"

namespace cohort {

struct Qsgd {
  static constexpr std::string_view name = "qsgd";
  static constexpr std::string_view summary = "rounds at random to levels of the norm";
  static constexpr std::string_view source = "Alistarh et al., NeurIPS 2017";
  struct Options : Bucketed {
    std::uint16_t levels = 15;
    static void declare(OptionTable<Options>& t) {
      t.add("levels", &Options::levels, {1, 65535}, "above 0; 2^b − 1 fill b + 1 bits");
      declare_bucket(t);
    }
  };
  Options options;

  double omega(std::uint64_t d) const {
    const double m = options.largest_bucket(d), s = options.levels;
    return std::min(m / (4 * s * s), std::sqrt(m) / s);
  }
  std::uint64_t bytes(std::uint64_t d) const { return quantization().bytes(d); }
  void compress(const Stream& stream, Block& block) const {
    compression::quantize_linear(
        quantization(), [](std::span<const double> x) { return kernels::norm(x); }, stream, block);
  }

 private:
  Quantization quantization() const {
    return {Levels::linear, options.levels, options.bucket.value};
  }
};

}  // namespace cohort
