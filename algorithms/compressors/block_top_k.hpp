#pragma once
// Block top-k: top-k in each block of consecutive coordinates, so that no part of a model starves.
//   C(x)_j = x_j if j ∈ T_b, else 0,   T_b = the k_b largest |x_j| of block b
// -----------------------------------------------------------------------------------------------
// x [d], cut into blocks of `block` coordinates, the last one shorter; k_b = the share `kept` of
// the block's length rounded up, or the count `kept` of every block. Contractive and biased: δ = (1
// − u²) min_b k_b / (length of b), u the rounding of the values. Ties to the lower index. Source:
// Aji, Heafield, Sparse communication for distributed gradient descent, EMNLP 2017, which
//   drops by threshold per layer; the constant is that of top-k in each block.
// Cost: as top-k in each block; blocks below 2048 coordinates are selected one by one.

#include "algorithms/compressors/kept.hpp"
#include "core/kernels_top_k.hpp"

namespace cohort {

struct BlockTopK {
  static constexpr std::string_view name = "block_top_k";
  static constexpr std::string_view summary = "keeps the largest coordinates of every block";
  static constexpr std::string_view source = "Aji, Heafield, EMNLP 2017";
  struct Options : KeptOptions {
    std::uint64_t block = 4096;
    static void declare(OptionTable<Options>& t) {
      t.add("kept", &Options::kept, "coordinates that a block keeps: how many, or their share");
      t.add("block", &Options::block, at_least(1), "coordinates of a block");
      declare_values(t);
    }
  };
  Options options;

  double delta(std::uint64_t d) const {
    if (d == 0) return 1;
    const auto ratio = [&](std::uint64_t length) {
      return static_cast<double>(options.kept.of(length)) / static_cast<double>(length);
    };
    const std::uint64_t last = (d - 1) % options.block + 1;
    const double least = std::min(ratio(last), d > last ? ratio(options.block) : 1.0);
    return compression::delta_of_rounding(compression::rounding_error(element_of(options.values))) *
           least;
  }
  std::uint64_t bytes(std::uint64_t d) const {
    return coded_sparse_bytes(d, count(d), element_of(options.values));
  }
  void compress(const Stream&, Block& block) const {
    const auto x = block.doubles();
    std::vector<std::uint32_t> indices(count(x.size()));
    std::vector<double> values(indices.size());
    std::size_t at = 0;
    for (std::size_t first = 0; first < x.size(); first += options.block) {
      const auto part = x.subspan(first, std::min<std::size_t>(options.block, x.size() - first));
      const std::size_t k = options.kept.of(part.size());
      const auto chosen = std::span(indices).subspan(at, k);
      kernels::collect_top(part, kernels::top_threshold(part, k), chosen,
                           std::span(values).subspan(at, k));
      for (std::uint32_t& i : chosen) i += static_cast<std::uint32_t>(first);
      at += k;
    }
    block = coded_sparse_block(std::move(block.name), block.length, indices, values,
                               element_of(options.values));
  }

 private:
  std::uint64_t count(std::uint64_t d) const {
    const std::uint64_t rest = d % options.block;
    return d / options.block * options.kept.of(options.block) + options.kept.of(rest);
  }
};

}  // namespace cohort
