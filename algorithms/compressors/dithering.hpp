#pragma once
// Natural dithering: each coordinate is rounded at random to s levels of the norm that double.
//   C(x)_j = ‖x‖₂ sign(x_j) ℓ_j,   ℓ_j one of the two levels around |x_j| / ‖x‖₂, with that mean
//   levels 0, 2^(1−s), 2^(2−s), …, 1/2, 1
// -----------------------------------------------------------------------------------------------
// x [d], or each bucket of `bucket` coordinates of it (0: all in one); s = levels.
// Unbiased, ω = 1/8 + min(√m τ, m τ² / 4), τ = 2^(1−s), m the length of a bucket: 1/8 of x_j² above
// τ ‖x‖, |x_j| (τ ‖x‖ − |x_j|) below it.
// Sent are 1 + ⌈log2(s + 1)⌉ bits a coordinate, a norm a bucket and 8 bytes. Exponentially fewer
// levels than qsgd for the same ω, which has equal ones.
// Source: Horváth et al., Natural compression for distributed deep learning, MSML 2022.
// Cost: two reads of x, one random number of 32 bits a coordinate.

#include "algorithms/compressors/bucketed.hpp"

namespace cohort {

struct Dithering {
  static constexpr std::string_view name = "dithering";
  static constexpr std::string_view summary = "rounds at random to halved levels of the norm";
  static constexpr std::string_view source = "Horváth et al., MSML 2022";
  struct Options : Bucketed {
    std::uint16_t levels = 7;
    static void declare(OptionTable<Options>& t) {
      t.add("levels", &Options::levels, {1, 1000}, "above 0; 2^b − 1 fill b + 1 bits");
      declare_bucket(t);
    }
  };
  Options options;

  double omega(std::uint64_t d) const {
    const double m = options.largest_bucket(d), tau = std::ldexp(1.0, 1 - options.levels);
    return 0.125 + std::min(std::sqrt(m) * tau, m * tau * tau / 4);
  }
  std::uint64_t bytes(std::uint64_t d) const { return quantization().bytes(d); }
  void compress(const Stream& stream, Block& block) const {
    compression::quantize_geometric(quantization(), stream, block);
  }

 private:
  Quantization quantization() const {
    return {Levels::geometric, options.levels, options.bucket.value};
  }
};

}  // namespace cohort
