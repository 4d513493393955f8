#pragma once
// Random matching: in every round the nodes are paired anew at random, one is left over if n is
// odd. Boyd, Ghosh, Prabhakar, Shah, IEEE Trans. Inf. Theory 52 (2006), where one pair at a time
// talks. With W = ½ of both, E‖x − x̄‖² shrinks by the factor ½ (n − 2)/(n − 1) a round for even n.
// One message a node and round; no single graph is connected.

#include "algorithms/topology.hpp"

namespace cohort {

struct RandomMatching {
  static constexpr std::string_view name = "random_matching";
  static constexpr std::string_view summary = "new pairs in every round";
  static constexpr std::string_view source = "Boyd et al., IEEE Trans. Inf. Theory 52 (2006)";
  struct Options : NodesOption {
    static void declare(OptionTable<Options>& t) { declare_nodes(t); }
  };
  Options options;

  static Result<std::uint64_t> period(const GraphInput&) { return std::uint64_t{0}; }
  Result<Graph> graph(const GraphInput& input) const {
    COHORT_TRY(const std::uint32_t n, node_count(name, options.nodes, input, 2));
    const auto order = permutation(Stream(input.seed, Purpose::topology, 0, input.round), n);
    std::vector<Edge> edges;
    for (std::uint32_t k = 0; k + 1 < n; k += 2) edges.push_back({order[k], order[k + 1]});
    return make_graph(n, edges);
  }
};

}  // namespace cohort
