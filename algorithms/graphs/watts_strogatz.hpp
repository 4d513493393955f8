#pragma once
// Watts–Strogatz small world: a ring in which each node is next to the k nearest (k even, k < n);
// then the far end of every edge moves, with probability p, to a node drawn at random to which the
// near end has no edge yet. Watts, Strogatz, Nature 393 (1998). n k/2 edges.

#include "algorithms/graphs/edge_set.hpp"
#include "algorithms/topology.hpp"

namespace cohort {

struct WattsStrogatz {
  static constexpr std::string_view name = "watts_strogatz";
  static constexpr std::string_view summary = "a ring of near neighbours, some edges rewired";
  static constexpr std::string_view source = "Watts and Strogatz, Nature 393 (1998)";
  struct Options : DrawnOptions {
    std::uint64_t degree = 4;
    double rewire = 0.1;
    static void declare(OptionTable<Options>& t) {
      declare_drawn(t);
      t.add("degree", &Options::degree, at_least(2), "k, even: neighbours before rewiring");
      t.add("rewire", &Options::rewire, probability, "p that an edge is moved");
    }
  };
  Options options;

  Result<std::uint64_t> period(const GraphInput&) const { return options.period(); }
  Result<Graph> graph(const GraphInput& input) const {
    COHORT_TRY(const std::uint32_t n, node_count(name, options.nodes, input, 3));
    if (options.degree >= n || options.degree % 2 != 0) {
      return bad_input("graph watts_strogatz: expected an even degree < nodes, found " +
                       std::to_string(options.degree) + " for " + std::to_string(n) + " nodes");
    }
    return drawn_graph(name, options, input, "raise degree",
                       [&](Stream stream) { return draw(n, stream); });
  }

 private:
  Graph draw(std::uint32_t n, Stream stream) const {
    std::vector<Edge> edges;
    EdgeSet present(n * options.degree / 2);
    for (std::uint64_t ahead = 1; ahead <= options.degree / 2; ++ahead) {
      for (std::uint32_t i = 0; i < n; ++i) {
        edges.push_back({i, static_cast<std::uint32_t>((i + ahead) % n)});
        present.insert(i, edges.back().to);
      }
    }
    std::vector<std::uint32_t> degree(n, static_cast<std::uint32_t>(options.degree));
    for (Edge& e : edges) {
      if (stream.uniform() >= options.rewire || degree[e.from] >= n - 1) continue;
      std::uint32_t to = 0;
      do {
        to = static_cast<std::uint32_t>(stream.below(n));
      } while (to == e.from || present.contains(e.from, to));
      present.erase(e.from, e.to);
      present.insert(e.from, to);
      --degree[e.to];
      ++degree[to];
      e.to = to;
    }
    return make_graph(n, edges);
  }
};

}  // namespace cohort
