#pragma once
// One-peer exponential graphs: in round t node i sends to i + 2^{t mod τ} mod n only,
// τ = ⌈log₂ n⌉. n ≥ 2. Ying, Yuan, Chen, Hu, Pan, Yin, NeurIPS 2021.
// W = uniform is ½ I + ½ shift. For n = 2^τ the product over τ rounds is 11ᵀ/n exactly; for other n
// it is not. Directed, 1 message a node and round.

#include <bit>

#include "algorithms/topology.hpp"

namespace cohort {

struct OnePeerExponential {
  static constexpr std::string_view name = "one_peer_exponential";
  static constexpr std::string_view summary =
      "each node sends to one other, 1, 2, 4, … ahead in turn";
  static constexpr std::string_view source = "Ying et al., NeurIPS 2021";
  static constexpr std::string_view mixing = "uniform";
  struct Options : NodesOption {
    static void declare(OptionTable<Options>& t) { declare_nodes(t); }
  };
  Options options;

  Result<std::uint64_t> period(const GraphInput& input) const {
    COHORT_TRY(const std::uint32_t n, node_count(name, options.nodes, input, 2));
    return static_cast<std::uint64_t>(std::bit_width(n - 1));
  }
  Result<Graph> graph(const GraphInput& input) const {
    COHORT_TRY(const std::uint64_t rounds, period(input));
    COHORT_TRY(const std::uint32_t n, node_count(name, options.nodes, input, 2));
    const std::uint64_t ahead = std::uint64_t{1} << input.round % rounds;
    std::vector<Edge> edges;
    for (std::uint32_t i = 0; i < n; ++i) {
      edges.push_back({i, static_cast<std::uint32_t>((i + ahead) % n)});
    }
    return make_graph(n, edges, true);
  }
};

}  // namespace cohort
