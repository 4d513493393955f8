#pragma once
// Complete: every node is next to every other; n (n − 1)/2 edges. n ≥ 2.
// W = metropolis is 11ᵀ/n: gap 1, one round is enough.

#include "algorithms/topology.hpp"

namespace cohort {

struct Complete {
  static constexpr std::string_view name = "complete";
  static constexpr std::string_view summary = "every node next to every other";
  static constexpr std::string_view source = "";
  struct Options : NodesOption {
    static void declare(OptionTable<Options>& t) { declare_nodes(t); }
  };
  Options options;

  Result<Graph> graph(const GraphInput& input) const {
    COHORT_TRY(const std::uint32_t n, node_count(name, options.nodes, input, 2));
    std::vector<Edge> edges;
    for (std::uint32_t i = 0; i < n; ++i) {
      for (std::uint32_t j = i + 1; j < n; ++j) edges.push_back({i, j});
    }
    return make_graph(n, edges);
  }
};

}  // namespace cohort
