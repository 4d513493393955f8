#pragma once
// Random regular graph: every node has d neighbours, n d even, d < n. W = metropolis is
// (A + I)/(d + 1), ρ → (1 + 2√(d − 1))/(d + 1). Steger, Wormald, Combinatorics, Probability and
// Computing 8 (1999).
// Drawn by pairing nd half-edges at random; a pair that is a self-loop or there already swaps ends
// with a pair drawn at random until it is neither. Nearly, not exactly, uniform.

#include <algorithm>

#include "algorithms/graphs/edge_set.hpp"
#include "algorithms/topology.hpp"

namespace cohort {

struct RandomRegular {
  static constexpr std::string_view name = "random_regular";
  static constexpr std::string_view summary = "drawn with the same degree everywhere";
  static constexpr std::string_view source = "Steger and Wormald, Comb. Probab. Comput. 8 (1999)";
  struct Options : DrawnOptions {
    std::uint64_t degree = 4;
    static void declare(OptionTable<Options>& t) {
      declare_drawn(t);
      t.add("degree", &Options::degree, at_least(1), "d, neighbours of each node");
    }
  };
  Options options;

  Result<std::uint64_t> period(const GraphInput&) const { return options.period(); }
  Result<Graph> graph(const GraphInput& input) const {
    COHORT_TRY(const std::uint32_t n, node_count(name, options.nodes, input, 2));
    if (options.degree >= n || n * options.degree % 2 != 0) {
      return bad_input(
          "graph random_regular: expected degree < nodes and nodes × degree even, "
          "found " +
          std::to_string(n) + " nodes of degree " + std::to_string(options.degree));
    }
    return drawn_graph(name, options, input, "take a degree of 3 or more",
                       [&](Stream stream) { return draw(n, stream); });
  }

 private:
  Graph draw(std::uint32_t n, Stream stream) const {
    // A graph of more than half of all edges is what is missing from a sparse one.
    const std::uint64_t d = options.degree, missing = n - 1 - d;
    if (d <= missing || missing == 0) {
      return missing == 0 ? without(n, {}) : make_graph(n, paired(n, d, stream));
    }
    return without(n, paired(n, missing, stream));
  }

  static std::vector<Edge> paired(std::uint32_t n, std::uint64_t d, Stream& stream) {
    std::vector<Edge> edges;
    while (edges.empty()) edges = paired_once(n, d, stream);
    return edges;
  }

  /// Empty if swaps lead nowhere, as they may in a graph of a few nodes.
  static std::vector<Edge> paired_once(std::uint32_t n, std::uint64_t d, Stream& stream) {
    std::vector<std::uint32_t> ends;
    for (std::uint32_t i = 0; i < n; ++i) ends.insert(ends.end(), d, i);
    for (std::uint64_t k = ends.size(); k > 1; --k) std::swap(ends[k - 1], ends[stream.below(k)]);
    std::vector<Edge> edges(ends.size() / 2);
    EdgeSet present(edges.size());
    std::vector<std::uint64_t> wrong;
    std::vector<bool> is_wrong(edges.size(), false);
    for (std::uint64_t e = 0; e < edges.size(); ++e) {
      edges[e] = {ends[2 * e], ends[2 * e + 1]};
      if (edges[e].from == edges[e].to || !present.insert(edges[e].from, edges[e].to)) {
        wrong.push_back(e);
        is_wrong[e] = true;
      }
    }
    for (std::uint64_t tries = 0; !wrong.empty(); ++tries) {
      if (tries > 100 * edges.size()) return {};
      const std::uint64_t e = wrong.back(), other = stream.below(edges.size());
      if (is_wrong[other]) continue;
      // u v and x y become u x and v y, or u y and v x.
      const auto [u, v] = edges[e];
      Edge swap = edges[other];
      if (stream.below(2) == 1) std::swap(swap.from, swap.to);
      const auto [x, y] = swap;
      const bool is_same = std::minmax(u, x) == std::minmax(v, y);
      if (u == x || v == y || is_same || present.contains(u, x) || present.contains(v, y)) continue;
      present.erase(x, y);
      present.insert(u, x);
      present.insert(v, y);
      edges[e] = {u, x};
      edges[other] = {v, y};
      is_wrong[e] = false;
      wrong.pop_back();
    }
    return edges;
  }

  /// All pairs but these.
  static Graph without(std::uint32_t n, const std::vector<Edge>& missing) {
    EdgeSet absent(missing.size());
    for (const Edge& e : missing) absent.insert(e.from, e.to);
    std::vector<Edge> edges;
    for (std::uint32_t i = 0; i < n; ++i) {
      for (std::uint32_t j = i + 1; j < n; ++j) {
        if (!absent.contains(i, j)) edges.push_back({i, j});
      }
    }
    return make_graph(n, edges);
  }
};

}  // namespace cohort
