#pragma once
// Hypercube: n = 2^k nodes, next to those whose number differs in one bit. k ≥ 1.
// Gap of W = metropolis: 2/(k + 1). Diameter k, k neighbours a node.

#include <bit>

#include "algorithms/topology.hpp"

namespace cohort {

struct Hypercube {
  static constexpr std::string_view name = "hypercube";
  static constexpr std::string_view summary =
      "nodes whose numbers differ in one bit are neighbours";
  static constexpr std::string_view source = "";
  struct Options : NodesOption {
    static void declare(OptionTable<Options>& t) { declare_nodes(t); }
  };
  Options options;

  Result<Graph> graph(const GraphInput& input) const {
    COHORT_TRY(const std::uint32_t n, node_count(name, options.nodes, input, 2));
    if (!std::has_single_bit(n)) {
      return bad_input("graph hypercube: expected a power of two nodes, found " +
                       std::to_string(n));
    }
    std::vector<Edge> edges;
    for (std::uint32_t i = 0; i < n; ++i) {
      for (std::uint32_t bit = 1; bit < n; bit *= 2) {
        if ((i & bit) == 0) edges.push_back({i, i | bit});
      }
    }
    return make_graph(n, edges);
  }
};

}  // namespace cohort
