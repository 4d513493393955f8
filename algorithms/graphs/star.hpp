#pragma once
// Star: node 0 is next to all others. n ≥ 2.
// Gap of W = metropolis: 1/n. Diameter 2, n − 1 neighbours in the middle.

#include "algorithms/topology.hpp"

namespace cohort {

struct Star {
  static constexpr std::string_view name = "star";
  static constexpr std::string_view summary = "one node next to all others";
  static constexpr std::string_view source = "";
  struct Options : NodesOption {
    static void declare(OptionTable<Options>& t) { declare_nodes(t); }
  };
  Options options;

  Result<Graph> graph(const GraphInput& input) const {
    COHORT_TRY(const std::uint32_t n, node_count(name, options.nodes, input, 2));
    std::vector<Edge> edges;
    for (std::uint32_t i = 1; i < n; ++i) edges.push_back({0, i});
    return make_graph(n, edges);
  }
};

}  // namespace cohort
