#pragma once
// Path: node i is next to i ± 1, the ends to one other only. n ≥ 2.
// Gap of W = metropolis: ⅔(1 − cos π/n). Diameter n − 1.

#include "algorithms/topology.hpp"

namespace cohort {

struct PathGraph {
  static constexpr std::string_view name = "path";
  static constexpr std::string_view summary = "a line of nodes";
  static constexpr std::string_view source = "";
  struct Options : NodesOption {
    static void declare(OptionTable<Options>& t) { declare_nodes(t); }
  };
  Options options;

  Result<Graph> graph(const GraphInput& input) const {
    COHORT_TRY(const std::uint32_t n, node_count(name, options.nodes, input, 2));
    std::vector<Edge> edges;
    for (std::uint32_t i = 0; i + 1 < n; ++i) edges.push_back({i, i + 1});
    return make_graph(n, edges);
  }
};

}  // namespace cohort
