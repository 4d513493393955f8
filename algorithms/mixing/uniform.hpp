#pragma once
// Uniform weights: everything heard and the own value alike,
//   W_ij = W_ii = 1/(1 + d_i), d_i the number of nodes that i hears from
// Rows sum to 1 always; columns only if every node hears from as many as listen to it, d of them
// everywhere: rings, tori, exponential graphs. On others the mean moves, and methods that need it
// refuse.

#include <algorithm>

#include "algorithms/mixing.hpp"

namespace cohort {

struct UniformWeights {
  static constexpr std::string_view name = "uniform";
  static constexpr std::string_view summary = "the mean of what is heard and the own value";
  static constexpr std::string_view source = "";
  static constexpr bool undirected_only = false;
  struct Options {};
  Options options;

  MixingMatrix matrix(const Graph& graph) const {
    MixingMatrix w = rows_of(graph, [](std::uint64_t, std::uint64_t) { return 0.0; });
    for (std::uint64_t i = 0; i < w.nodes(); ++i) {
      w.self[i] = 1.0 / static_cast<double>(1 + w.sources_of(i).size());
      const auto row = w.weights.begin();
      std::fill(row + static_cast<std::ptrdiff_t>(w.offsets[i]),
                row + static_cast<std::ptrdiff_t>(w.offsets[i + 1]), w.self[i]);
    }
    return w;
  }
};

}  // namespace cohort
