#pragma once
// Top-k: the k coordinates of largest magnitude, ties to the lower index.
//   C(x)_j = x_j if j ∈ T, else 0,   T = the k largest |x_j|
// -----------------------------------------------------------------------------------------------
// x [d]; k = kept. Contractive and biased: δ = (1 − u²) k / d, u the rounding of the values (0 in
// f64). Values and an Elias–Fano code of the indices, at most 2 + log2(d/k) bits each and a half.
// Source: Alistarh et al., The convergence of sparsified gradient methods, NeurIPS 2018; Stich,
//   Cordonnier, Jaggi, Sparsified SGD with memory, NeurIPS 2018, for the constant.
// Cost: two reads of x (core/kernels_top_k.hpp).

#include "algorithms/compressors/kept.hpp"
#include "core/kernels_top_k.hpp"

namespace cohort {

struct TopK {
  static constexpr std::string_view name = "top_k";
  static constexpr std::string_view summary = "keeps the coordinates of largest magnitude";
  static constexpr std::string_view source = "Stich, Cordonnier, Jaggi, NeurIPS 2018";
  struct Options : KeptOptions {
    static void declare(OptionTable<Options>& t) {
      t.add("kept", &Options::kept, "coordinates that are kept: how many, or their share");
      declare_values(t);
    }
  };
  Options options;

  double delta(std::uint64_t d) const {
    const double u = compression::rounding_error(element_of(options.values));
    return d == 0 ? 1
                  : compression::delta_of_rounding(u) * static_cast<double>(options.kept.of(d)) /
                        static_cast<double>(d);
  }
  std::uint64_t bytes(std::uint64_t d) const {
    return coded_sparse_bytes(d, options.kept.of(d), element_of(options.values));
  }
  void compress(const Stream&, Block& block) const {
    const auto x = block.doubles();
    const std::uint64_t k = options.kept.of(x.size());
    std::vector<std::uint32_t> indices(k);
    std::vector<double> values(k);
    if (k > 0) kernels::collect_top(x, kernels::top_threshold(x, k), indices, values);
    block = coded_sparse_block(std::move(block.name), block.length, indices, values,
                               element_of(options.values));
  }
};

}  // namespace cohort
