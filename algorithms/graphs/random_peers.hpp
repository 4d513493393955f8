#pragma once
// Random peers: in every round each node sends to `peers` others, drawn anew. n > peers. De Vos,
// Farhadkhani, Guerraoui, Kermarrec, Pires, Sharma, NeurIPS 2023, where it is EL-Local.
// Directed; nodes hear from a number of others that differs, so W = uniform keeps agreement but not
// the mean. A round alone need not connect all nodes; the union over rounds does.

#include "algorithms/topology.hpp"

namespace cohort {

struct RandomPeers {
  static constexpr std::string_view name = "random_peers";
  static constexpr std::string_view summary = "each node sends to so many others, drawn each round";
  static constexpr std::string_view source = "De Vos et al., NeurIPS 2023";
  static constexpr std::string_view mixing = "uniform";
  struct Options : NodesOption {
    std::uint64_t peers = 1;
    static void declare(OptionTable<Options>& t) {
      declare_nodes(t);
      t.add("peers", &Options::peers, at_least(1), "others that a node sends to");
    }
  };
  Options options;

  Result<std::uint64_t> period(const GraphInput&) const { return std::uint64_t{0}; }
  Result<Graph> graph(const GraphInput& input) const {
    COHORT_TRY(const std::uint32_t n, node_count(name, options.nodes, input, options.peers + 1));
    const Stream stream(input.seed, Purpose::topology, 0, input.round);
    std::vector<Edge> edges;
    for (std::uint32_t i = 0; i < n; ++i) {
      for (const std::uint64_t k :
           sample_without_replacement(stream.sub(i), options.peers, n - 1)) {
        edges.push_back({i, static_cast<std::uint32_t>(k < i ? k : k + 1)});
      }
    }
    return make_graph(n, edges, true);
  }
};

}  // namespace cohort
