#pragma once
// Ring: node i is next to i ± 1 mod n. n ≥ 3.
// Gap of W = metropolis: ⅔(1 − cos 2π/n) → 4π²/(3n²). Diameter ⌊n/2⌋, 2 neighbours a node.

#include "algorithms/topology.hpp"

namespace cohort {

struct Ring {
  static constexpr std::string_view name = "ring";
  static constexpr std::string_view summary = "each node between two others, in a circle";
  static constexpr std::string_view source = "";
  struct Options : NodesOption {
    static void declare(OptionTable<Options>& t) { declare_nodes(t); }
  };
  Options options;

  Result<Graph> graph(const GraphInput& input) const {
    COHORT_TRY(const std::uint32_t n, node_count(name, options.nodes, input, 3));
    std::vector<Edge> edges;
    for (std::uint32_t i = 0; i < n; ++i) edges.push_back({i, (i + 1) % n});
    return make_graph(n, edges);
  }
};

}  // namespace cohort
