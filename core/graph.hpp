#pragma once
// A graph as compressed rows: 8 bytes a node and 4 an edge and direction. What is asked of it here
// is exact and takes integers only; spectra are in algorithms/spectrum.hpp.

#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/result.hpp"

namespace cohort {

struct Edge {
  std::uint32_t from = 0;
  std::uint32_t to = 0;
  friend constexpr auto operator<=>(const Edge&, const Edge&) = default;
};

/// Made by make_graph, which keeps the promises of the comments.
struct Graph {
  std::vector<std::uint64_t> offsets{0};  // [nodes + 1]
  // Of node i from offsets[i] to offsets[i + 1]: whom it may send to, ascending, each once, never
  // itself. If the graph is undirected, j is next to i where i is next to j.
  std::vector<std::uint32_t> neighbours;
  std::vector<double> weights;  // as neighbours, positive; empty: the edges are alike
  bool is_directed = false;

  std::uint64_t nodes() const { return offsets.size() - 1; }
  /// An undirected edge counts once.
  std::uint64_t edges() const { return is_directed ? neighbours.size() : neighbours.size() / 2; }
  std::uint64_t degree(std::uint64_t i) const { return offsets[i + 1] - offsets[i]; }
  std::span<const std::uint32_t> neighbours_of(std::uint64_t i) const {
    return std::span(neighbours).subspan(offsets[i], degree(i));
  }
  std::span<const double> weights_of(std::uint64_t i) const {
    return weights.empty() ? std::span<const double>()
                           : std::span(weights).subspan(offsets[i], degree(i));
  }
  /// O(log degree).
  bool has_edge(std::uint64_t i, std::uint64_t j) const;

  friend bool operator==(const Graph&, const Graph&) = default;
  template <class V>
  void fields(V&& v) {
    v("offsets", offsets);
    v("neighbours", neighbours);
    v("weights", weights);
    v("is_directed", is_directed);
  }
};

/// What make_graph left out.
struct LeftOut {
  std::uint64_t self_loops = 0;
  std::uint64_t duplicates = 0;  // undirected: the other direction of an edge counts as the same
};

/// nodes < 2^32, ends of edges below nodes (checked). Self-loops and repeated edges are left out
/// and counted. `weights` [edges] or empty; of a repeated edge the first counts.
Graph make_graph(std::uint64_t nodes, std::span<const Edge> edges, bool is_directed = false,
                 std::span<const double> weights = {}, LeftOut* left_out = nullptr);

/// Every edge the other way: the neighbours of a node are whom it hears from.
Graph reversed(const Graph& graph);

struct Degrees {
  std::uint64_t min = 0;
  std::uint64_t max = 0;
  double mean = 0;
};
/// Of a graph with at least one node; out-degrees if it is directed.
Degrees degrees(const Graph& graph);

struct Components {
  std::uint64_t count = 0;
  std::uint64_t largest = 0;             // nodes
  std::vector<std::uint32_t> component;  // [nodes] numbered by their first nodes
};
/// Directions do not count.
Components components(const Graph& graph);

/// Whether every node reaches every other, along the directions.
bool is_connected(const Graph& graph);
/// Error (bad_input): it is not, with the number of components or a node that is not reached.
Result<void> check_connected(const Graph& graph, const std::string& what);

/// Whether two colours suffice; directions do not count.
bool is_bipartite(const Graph& graph);

struct Diameter {
  std::uint64_t lower = 0;
  std::uint64_t upper = 0;
  std::uint64_t searches = 0;  // breadth-first searches that it took
  bool is_exact() const { return lower == upper; }
};
/// The greatest distance of two nodes of a connected undirected graph (checked), by the farthest
/// levels of a search from a node in the middle: exact unless it would take more than `searches`.
/// Crescenzi et al., Theoretical Computer Science 514 (2013), algorithm iFUB.
Diameter diameter(const Graph& graph, std::uint64_t searches = 1000);

}  // namespace cohort
