#pragma once
// Push weights: every node splits what it has evenly among itself and those it sends to,
//   W_ij = 1/(1 + d_j) for j → i, W_jj = 1/(1 + d_j), d_j the number of nodes that j sends to
// Kempe, Dobra, Gehrke, FOCS 2003. Columns sum to 1 on every directed graph, rows do not: push-sum
// divides by a weight that is mixed alongside. A sender needs its own out-degree only.

#include "algorithms/mixing.hpp"

namespace cohort {

struct PushWeights {
  static constexpr std::string_view name = "push";
  static constexpr std::string_view summary = "every node splits its value evenly; for push-sum";
  static constexpr std::string_view source = "Kempe, Dobra and Gehrke, FOCS 2003";
  static constexpr bool undirected_only = false;
  struct Options {};
  Options options;

  MixingMatrix matrix(const Graph& graph) const {
    const auto share = [&](std::uint64_t j) {
      return 1.0 / static_cast<double>(1 + graph.degree(j));
    };
    MixingMatrix w = rows_of(graph, [&](std::uint64_t, std::uint64_t j) { return share(j); });
    for (std::uint64_t i = 0; i < w.nodes(); ++i) w.self[i] = share(i);
    return w;
  }
};

}  // namespace cohort
