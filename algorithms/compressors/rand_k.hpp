#pragma once
// Rand-k: k coordinates at random, scaled so that none is lost on average.
//   C(x)_j = (d/k) x_j if j ∈ R, else 0     (scale = "unbiased")
//   C(x)_j =       x_j if j ∈ R, else 0     (scale = "none")
//   R = k of d coordinates without replacement, each set equally likely
// -----------------------------------------------------------------------------------------------
// x [d]; k = kept. Unbiased, ω = d/k − 1; unscaled, δ = (1 − u²) k / d, u the rounding of the
// values. Values that are rounded (values = "f32", "bf16") are no longer unbiased, so ω is none.
// Sent are the k values and 8 bytes for all indices: the seed that R is drawn from.
// Source: Stich, Cordonnier, Jaggi, Sparsified SGD with memory, NeurIPS 2018; Konečný et al.,
//   Federated learning: strategies for improving communication efficiency, 2016, for the seed.
// Cost: one draw, one hash and one sort of k indices; one read of x, to see that it is finite.

#include <limits>

#include "algorithms/compressors/kept.hpp"
#include "core/kernels.hpp"

namespace cohort {

enum class RandKScale : std::uint8_t { unbiased, none };
inline std::vector<std::pair<std::string, RandKScale>> option_names(RandKScale) {
  return {{"unbiased", RandKScale::unbiased}, {"none", RandKScale::none}};
}

struct RandK {
  static constexpr std::string_view name = "rand_k";
  static constexpr std::string_view summary = "keeps random coordinates; sends a seed for them";
  static constexpr std::string_view source = "Stich, Cordonnier, Jaggi, NeurIPS 2018";
  struct Options : KeptOptions {
    RandKScale scale = RandKScale::unbiased;
    static void declare(OptionTable<Options>& t) {
      t.add("kept", &Options::kept, "coordinates that are kept: how many, or their share");
      t.add("scale", &Options::scale, "kept values times d/k, or as they are");
      declare_values(t);
    }
  };
  Options options;

  double omega(std::uint64_t d) const {
    const bool is_unbiased = options.scale == RandKScale::unbiased && options.values == Values::f64;
    return is_unbiased ? factor(d) - 1 : std::numeric_limits<double>::quiet_NaN();
  }
  double delta(std::uint64_t d) const {
    if (options.scale == RandKScale::unbiased) return std::numeric_limits<double>::quiet_NaN();
    return compression::delta_of_rounding(compression::rounding_error(element_of(options.values))) /
           factor(d);
  }
  std::uint64_t bytes(std::uint64_t d) const {
    return seeded_sparse_bytes(options.kept.of(d), element_of(options.values));
  }
  void compress(const Stream& stream, Block& block) const {
    const auto x = block.doubles();
    const std::uint64_t seed = stream.bits_at(0);
    const auto indices = seeded_indices(seed, options.kept.of(x.size()), x.size());
    double scale = options.scale == RandKScale::unbiased ? factor(x.size()) : 1;
    const bool is_finite = std::isfinite(kernels::max_abs(x));
    if (!is_finite) scale = std::numeric_limits<double>::quiet_NaN();  // wherever it was
    std::vector<double> values(indices.size());
    for (std::size_t i = 0; i < indices.size(); ++i) values[i] = scale * x[indices[i]];
    block = seeded_sparse_block(std::move(block.name), block.length, seed, values,
                                element_of(options.values));
  }

 private:
  double factor(std::uint64_t d) const {
    return d == 0 ? 1 : static_cast<double>(d) / static_cast<double>(options.kept.of(d));
  }
};

}  // namespace cohort
