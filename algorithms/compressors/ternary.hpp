#pragma once
// Ternary: each coordinate becomes 0 or plus or minus the largest magnitude.
//   C(x)_j = M sign(x_j) with probability |x_j| / M, else 0,   M = max_j |x_j|
// -----------------------------------------------------------------------------------------------
// x [d], or each bucket of `bucket` coordinates of it (0: all in one).
// Unbiased, ω = (√m − 1) / 2, m the length of a bucket: the largest M ‖x‖₁ / ‖x‖₂² − 1, which one
// coordinate of M and m − 1 of M / (√m + 1) attain.
// Sent are 2 bits a coordinate, M for each bucket and 8 bytes.
// Source: Wen et al., TernGrad: ternary gradients to reduce communication in distributed deep
//   learning, NeurIPS 2017, without its clipping, which is a transform here.
// Cost: two reads of x, one random number of 32 bits a coordinate.

#include "algorithms/compressors/bucketed.hpp"
#include "core/kernels.hpp"

namespace cohort {

struct Ternary {
  static constexpr std::string_view name = "ternary";
  static constexpr std::string_view summary = "rounds at random to 0 or the largest magnitude";
  static constexpr std::string_view source = "Wen et al., NeurIPS 2017";
  struct Options : Bucketed {
    static void declare(OptionTable<Options>& t) { declare_bucket(t); }
  };
  Options options;

  double omega(std::uint64_t d) const {
    return d == 0 ? 0 : (std::sqrt(options.largest_bucket(d)) - 1) / 2;
  }
  std::uint64_t bytes(std::uint64_t d) const { return quantization().bytes(d); }
  void compress(const Stream& stream, Block& block) const {
    compression::quantize_linear(
        quantization(), [](std::span<const double> x) { return kernels::max_abs(x); }, stream,
        block);
  }

 private:
  Quantization quantization() const { return {Levels::linear, 1, options.bucket.value}; }
};

}  // namespace cohort
