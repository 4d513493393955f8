#include "core/graph.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "core/check.hpp"

namespace cohort {

namespace {

constexpr auto unseen = std::numeric_limits<std::uint32_t>::max();

/// Distances from `start`, and the nodes in the order in which they were met.
class Search {
 public:
  explicit Search(const Graph& graph) : graph_(graph), distance_(graph.nodes(), unseen) {
    order_.reserve(graph.nodes());
  }

  void from(std::uint32_t start) {
    for (const std::uint32_t i : order_) distance_[i] = unseen;
    order_.assign(1, start);
    distance_[start] = 0;
    for (std::size_t next = 0; next < order_.size(); ++next) {
      const std::uint32_t i = order_[next];
      for (const std::uint32_t j : graph_.neighbours_of(i)) {
        if (distance_[j] != unseen) continue;
        distance_[j] = distance_[i] + 1;
        order_.push_back(j);
      }
    }
  }
  const std::vector<std::uint32_t>& order() const { return order_; }
  std::uint32_t distance(std::uint32_t i) const { return distance_[i]; }
  std::uint32_t farthest() const { return order_.back(); }
  std::uint32_t depth() const { return distance_[farthest()]; }

 private:
  const Graph& graph_;
  std::vector<std::uint32_t> distance_;
  std::vector<std::uint32_t> order_;
};

/// Both directions of every edge.
Graph undirected(const Graph& graph) {
  std::vector<Edge> edges;
  edges.reserve(graph.neighbours.size());
  for (std::uint32_t i = 0; i < graph.nodes(); ++i) {
    for (const std::uint32_t j : graph.neighbours_of(i)) edges.push_back({i, j});
  }
  return make_graph(graph.nodes(), edges);
}

Components components_of_undirected(const Graph& graph) {
  Components out;
  out.component.assign(graph.nodes(), unseen);
  std::vector<std::uint32_t> members;
  for (std::uint32_t start = 0; start < graph.nodes(); ++start) {
    if (out.component[start] != unseen) continue;
    members.assign(1, start);
    out.component[start] = static_cast<std::uint32_t>(out.count);
    for (std::size_t next = 0; next < members.size(); ++next) {
      for (const std::uint32_t j : graph.neighbours_of(members[next])) {
        if (out.component[j] != unseen) continue;
        out.component[j] = static_cast<std::uint32_t>(out.count);
        members.push_back(j);
      }
    }
    out.largest = std::max<std::uint64_t>(out.largest, members.size());
    ++out.count;
  }
  return out;
}

/// A node that node 0 does not reach, or `nodes`.
std::uint64_t first_unreached(const Graph& graph) {
  Search search(graph);
  search.from(0);
  for (std::uint32_t i = 0; i < graph.nodes(); ++i) {
    if (search.distance(i) == unseen) return i;
  }
  return graph.nodes();
}

}  // namespace

bool Graph::has_edge(std::uint64_t i, std::uint64_t j) const {
  const auto row = neighbours_of(i);
  return std::binary_search(row.begin(), row.end(), static_cast<std::uint32_t>(j));
}

Graph make_graph(std::uint64_t nodes, std::span<const Edge> edges, bool is_directed,
                 std::span<const double> weights, LeftOut* left_out) {
  COHORT_CHECK(nodes < unseen, fmt::format("{} nodes of a graph, fewer than 2^32", nodes));
  COHORT_CHECK(weights.empty() || weights.size() == edges.size(),
               fmt::format("{} weights for {} edges", weights.size(), edges.size()));
  LeftOut counted;
  Graph graph;
  graph.is_directed = is_directed;
  graph.offsets.assign(nodes + 1, 0);
  for (const Edge& e : edges) {
    COHORT_CHECK(e.from < nodes && e.to < nodes,
                 fmt::format("edge {} {} in a graph of {} nodes", e.from, e.to, nodes));
    if (e.from == e.to) {
      ++counted.self_loops;
      continue;
    }
    ++graph.offsets[e.from + 1];
    if (!is_directed) ++graph.offsets[e.to + 1];
  }
  std::partial_sum(graph.offsets.begin(), graph.offsets.end(), graph.offsets.begin());

  // Rows are filled from their starts; the starts end up as the ends, one place further on.
  std::vector<std::uint64_t> at(graph.offsets.begin(), graph.offsets.end() - 1);
  graph.neighbours.resize(graph.offsets.back());
  if (!weights.empty()) graph.weights.resize(graph.offsets.back());
  const auto put = [&](std::uint32_t from, std::uint32_t to, std::size_t edge) {
    const std::uint64_t place = at[from]++;
    graph.neighbours[place] = to;
    if (!weights.empty()) graph.weights[place] = weights[edge];
  };
  for (std::size_t e = 0; e < edges.size(); ++e) {
    if (edges[e].from == edges[e].to) continue;
    put(edges[e].from, edges[e].to, e);
    if (!is_directed) put(edges[e].to, edges[e].from, e);
  }

  std::uint64_t kept = 0, repeated = 0;
  std::vector<std::pair<std::uint32_t, double>> row;
  for (std::uint64_t i = 0; i < nodes; ++i) {
    const std::uint64_t first = graph.offsets[i], last = at[i];
    graph.offsets[i] = kept;
    if (weights.empty()) {
      const auto begin = graph.neighbours.begin();
      std::sort(begin + static_cast<std::ptrdiff_t>(first),
                begin + static_cast<std::ptrdiff_t>(last));
    } else {
      row.clear();
      for (std::uint64_t k = first; k < last; ++k) {
        row.emplace_back(graph.neighbours[k], graph.weights[k]);
      }
      std::stable_sort(row.begin(), row.end(),
                       [](const auto& a, const auto& b) { return a.first < b.first; });
      for (std::uint64_t k = first; k < last; ++k) {
        graph.neighbours[k] = row[k - first].first;
        graph.weights[k] = row[k - first].second;
      }
    }
    for (std::uint64_t k = first; k < last; ++k) {
      if (k > first && kept > graph.offsets[i] &&
          graph.neighbours[kept - 1] == graph.neighbours[k]) {
        ++repeated;
        continue;
      }
      graph.neighbours[kept] = graph.neighbours[k];
      if (!weights.empty()) graph.weights[kept] = graph.weights[k];
      ++kept;
    }
  }
  graph.offsets[nodes] = kept;
  graph.neighbours.resize(kept);
  if (!weights.empty()) graph.weights.resize(kept);
  counted.duplicates = is_directed ? repeated : repeated / 2;
  if (left_out != nullptr) *left_out = counted;
  return graph;
}

Graph reversed(const Graph& graph) {
  std::vector<Edge> edges;
  edges.reserve(graph.neighbours.size());
  for (std::uint32_t i = 0; i < graph.nodes(); ++i) {
    for (const std::uint32_t j : graph.neighbours_of(i)) edges.push_back({j, i});
  }
  Graph out = make_graph(graph.nodes(), edges, true, graph.weights);
  out.is_directed = graph.is_directed;
  return out;
}

Degrees degrees(const Graph& graph) {
  COHORT_CHECK(graph.nodes() > 0, "a graph has a node");
  Degrees out;
  out.min = graph.degree(0);
  for (std::uint64_t i = 0; i < graph.nodes(); ++i) {
    out.min = std::min(out.min, graph.degree(i));
    out.max = std::max(out.max, graph.degree(i));
  }
  out.mean = static_cast<double>(graph.neighbours.size()) / static_cast<double>(graph.nodes());
  return out;
}

Components components(const Graph& graph) {
  return graph.is_directed ? components_of_undirected(undirected(graph))
                           : components_of_undirected(graph);
}

bool is_connected(const Graph& graph) {
  if (graph.nodes() == 0) return true;
  if (first_unreached(graph) < graph.nodes()) return false;
  return !graph.is_directed || first_unreached(reversed(graph)) == graph.nodes();
}

Result<void> check_connected(const Graph& graph, const std::string& what) {
  if (graph.nodes() == 0) return bad_input(fmt::format("{}: the graph has no node", what));
  if (is_connected(graph)) return {};
  for (std::uint64_t i = 0; i < graph.nodes() && !graph.is_directed; ++i) {
    if (graph.degree(i) == 0) {
      return bad_input(
          fmt::format("{}: expected a connected graph, node {} has no neighbour", what, i));
    }
  }
  const Components parts = components(graph);
  if (parts.count > 1) {
    return bad_input(fmt::format(
        "{}: expected a connected graph, found {} components, the largest of {} of {} nodes", what,
        parts.count, parts.largest, graph.nodes()));
  }
  const std::uint64_t out = first_unreached(graph);
  return bad_input(
      out < graph.nodes()
          ? fmt::format("{}: expected a strongly connected graph, node 0 does not reach node {}",
                        what, out)
          : fmt::format("{}: expected a strongly connected graph, node {} does not reach node 0",
                        what, first_unreached(reversed(graph))));
}

bool is_bipartite(const Graph& graph) {
  const Graph both = graph.is_directed ? undirected(graph) : Graph();
  const Graph& g = graph.is_directed ? both : graph;
  std::vector<std::uint8_t> colour(g.nodes(), 0);  // 1, 2; 0: none yet
  std::vector<std::uint32_t> members;
  for (std::uint32_t start = 0; start < g.nodes(); ++start) {
    if (colour[start] != 0) continue;
    members.assign(1, start);
    colour[start] = 1;
    for (std::size_t next = 0; next < members.size(); ++next) {
      const std::uint8_t own = colour[members[next]];
      for (const std::uint32_t j : g.neighbours_of(members[next])) {
        if (colour[j] == own) return false;
        if (colour[j] != 0) continue;
        colour[j] = static_cast<std::uint8_t>(3 - own);
        members.push_back(j);
      }
    }
  }
  return true;
}

Diameter diameter(const Graph& graph, std::uint64_t searches) {
  COHORT_CHECK(!graph.is_directed && graph.nodes() > 0 && is_connected(graph),
               "a diameter is of a connected undirected graph");
  Search search(graph);
  Diameter out;
  const auto sweep = [&](std::uint32_t start) {
    search.from(start);
    ++out.searches;
    out.lower = std::max<std::uint64_t>(out.lower, search.depth());
  };
  // A long path: the farthest from the farthest from the node of largest degree; then its middle.
  std::uint32_t start = 0;
  for (std::uint32_t i = 0; i < graph.nodes(); ++i) {
    if (graph.degree(i) > graph.degree(start)) start = i;
  }
  sweep(start);
  sweep(search.farthest());
  std::uint32_t middle = search.farthest();
  for (std::uint32_t steps = search.depth() / 2; steps > 0; --steps) {
    for (const std::uint32_t j : graph.neighbours_of(middle)) {
      if (search.distance(j) + 1 == search.distance(middle)) {
        middle = j;
        break;
      }
    }
  }
  sweep(middle);
  // Two nodes within level h of the middle are at most 2 h apart; the rest is searched, from the
  // outermost level inwards.
  const std::vector<std::uint32_t> order = search.order();
  std::vector<std::uint32_t> level(order.size());
  for (std::size_t k = 0; k < order.size(); ++k) level[k] = search.distance(order[k]);
  out.upper = 2 * std::uint64_t{search.depth()};  // of the last in order
  for (std::size_t k = order.size(); k-- > 0 && out.lower < out.upper;) {
    out.upper = std::max(out.lower, std::min(out.upper, 2 * std::uint64_t{level[k]}));
    if (out.lower >= out.upper || out.searches >= searches) break;
    sweep(order[k]);
  }
  out.upper = std::max(out.upper, out.lower);
  return out;
}

}  // namespace cohort
