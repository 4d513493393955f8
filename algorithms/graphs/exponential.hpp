#pragma once
// Static exponential graph: node i sends to i + 2^k mod n, k = 0 … τ − 1, τ = ⌈log₂ n⌉. n ≥ 2.
// Ying, Yuan, Chen, Hu, Pan, Yin, NeurIPS 2021. W = uniform has weight 1/(τ + 1) and is doubly
// stochastic; its gap is 2/(1 + τ) for even n, no less for odd n. Directed; diameter at most τ.

#include <bit>

#include "algorithms/topology.hpp"

namespace cohort {

struct Exponential {
  static constexpr std::string_view name = "exponential";
  static constexpr std::string_view summary = "each node sends to those 1, 2, 4, … ahead";
  static constexpr std::string_view source = "Ying et al., NeurIPS 2021";
  static constexpr std::string_view mixing = "uniform";
  struct Options : NodesOption {
    static void declare(OptionTable<Options>& t) { declare_nodes(t); }
  };
  Options options;

  Result<Graph> graph(const GraphInput& input) const {
    COHORT_TRY(const std::uint32_t n, node_count(name, options.nodes, input, 2));
    const auto hops = static_cast<std::uint32_t>(std::bit_width(n - 1));
    std::vector<Edge> edges;
    for (std::uint32_t i = 0; i < n; ++i) {
      for (std::uint32_t k = 0; k < hops; ++k) {
        edges.push_back({i, static_cast<std::uint32_t>((i + (std::uint64_t{1} << k)) % n)});
      }
    }
    return make_graph(n, edges, true);
  }
};

}  // namespace cohort
