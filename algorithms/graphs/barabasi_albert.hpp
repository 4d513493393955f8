#pragma once
// Barabási–Albert graph: nodes come one by one and join m different earlier ones, each chosen in
// proportion to its degree; the first to come joins m nodes that have no edge yet. Barabási,
// Albert, Science 286 (1999). m (n − m) edges, degrees with the tail of a power law of exponent 3.

#include <algorithm>

#include "algorithms/topology.hpp"

namespace cohort {

struct BarabasiAlbert {
  static constexpr std::string_view name = "barabasi_albert";
  static constexpr std::string_view summary = "new nodes prefer those of many edges";
  static constexpr std::string_view source = "Barabási and Albert, Science 286 (1999)";
  struct Options : DrawnOptions {
    std::uint64_t edges = 2;
    static void declare(OptionTable<Options>& t) {
      declare_drawn(t);
      t.add("edges", &Options::edges, at_least(1), "m, edges that a node brings");
    }
  };
  Options options;

  Result<std::uint64_t> period(const GraphInput&) const { return options.period(); }
  Result<Graph> graph(const GraphInput& input) const {
    COHORT_TRY(const std::uint32_t n, node_count(name, options.nodes, input, 2));
    if (options.edges >= n) {
      return bad_input("graph barabasi_albert: expected edges < nodes, found " +
                       std::to_string(options.edges) + " for " + std::to_string(n) + " nodes");
    }
    return draw(n, options.stream(input));
  }

 private:
  Graph draw(std::uint32_t n, Stream stream) const {
    const auto m = static_cast<std::uint32_t>(options.edges);
    std::vector<Edge> edges;
    std::vector<std::uint32_t> ends;  // every node as often as its degree
    std::vector<std::uint32_t> chosen;
    for (std::uint32_t i = m; i < n; ++i) {
      chosen.clear();
      while (chosen.size() < m) {
        const std::uint32_t j =
            i == m ? static_cast<std::uint32_t>(chosen.size()) : ends[stream.below(ends.size())];
        if (std::find(chosen.begin(), chosen.end(), j) == chosen.end()) chosen.push_back(j);
      }
      for (const std::uint32_t j : chosen) {
        edges.push_back({j, i});
        ends.push_back(j);
        ends.push_back(i);
      }
    }
    return make_graph(n, edges);
  }
};

}  // namespace cohort
