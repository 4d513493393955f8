#include "algorithms/bisection.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "core/check.hpp"

namespace cohort {

namespace {

constexpr int most_passes = 8;
constexpr std::size_t patience = 200;  // swaps without a better cut, after which a pass ends

class Bisection {
 public:
  explicit Bisection(const Graph& graph)
      : graph_(graph), part_(graph.nodes(), 0), gain_(graph.nodes(), 0) {}

  /// Reorders `nodes`, all in part `id`, so that each half of them is a part.
  void split(std::span<std::uint32_t> nodes, std::uint32_t id) {
    if (nodes.size() < 3) return;
    const std::size_t half = rank_range(nodes.size(), 0, 2).last;  // where two ranks are cut
    const std::uint32_t left = next_++, right = next_++;
    grow(nodes, half, id, left, right);
    for (int pass = 0; pass < most_passes && improve(nodes, left, right); ++pass) {
    }
    const auto middle = std::partition_point(
        nodes.begin(), nodes.end(), [this, left](std::uint32_t v) { return part_[v] == left; });
    COHORT_CHECK(static_cast<std::size_t>(middle - nodes.begin()) == half, "halves are balanced");
    split(nodes.first(half), left);
    split(nodes.subspan(half), right);
  }

 private:
  using Queue = std::set<std::pair<std::int64_t, std::uint32_t>>;  // −gain, node

  /// Nodes of part `id` by breadth from `start`, those out of reach by their numbers after them.
  std::vector<std::uint32_t> by_breadth(std::span<const std::uint32_t> nodes, std::uint32_t start,
                                        std::uint32_t id) {
    std::vector<std::uint32_t> found;
    const std::uint32_t seen = next_++;
    const auto visit = [&](std::uint32_t v) {
      if (part_[v] != id) return;
      part_[v] = seen;
      found.push_back(v);
    };
    visit(start);
    auto rest = nodes.begin();
    for (std::size_t at = 0; found.size() < nodes.size() || at < found.size();) {
      if (at == found.size()) {
        visit(*rest++);
        continue;
      }
      for (const std::uint32_t v : graph_.neighbours_of(found[at++])) visit(v);
    }
    for (const std::uint32_t v : found) part_[v] = id;
    return found;
  }

  void grow(std::span<std::uint32_t> nodes, std::size_t half, std::uint32_t id, std::uint32_t left,
            std::uint32_t right) {
    std::sort(nodes.begin(), nodes.end());
    const std::uint32_t rim = by_breadth(nodes, nodes.front(), id).back();
    const auto order = by_breadth(nodes, rim, id);
    for (std::size_t k = 0; k < order.size(); ++k) part_[order[k]] = k < half ? left : right;
    sort_by_part(nodes, left);
  }
  void sort_by_part(std::span<std::uint32_t> nodes, std::uint32_t left) {
    std::sort(nodes.begin(), nodes.end(), [this, left](std::uint32_t a, std::uint32_t b) {
      return std::pair(part_[a] != left, a) < std::pair(part_[b] != left, b);
    });
  }

  /// One pass; whether it made the cut smaller.
  bool improve(std::span<std::uint32_t> nodes, std::uint32_t left, std::uint32_t right) {
    Queue queues[2];
    std::uint64_t cut = 0;
    for (const std::uint32_t v : nodes) {
      gain_[v] = 0;
      for (const std::uint32_t u : graph_.neighbours_of(v)) {
        if (part_[u] == left || part_[u] == right) gain_[v] += part_[u] == part_[v] ? -1 : 1;
        cut += (part_[u] == left || part_[u] == right) && part_[u] != part_[v];
      }
      queues[part_[v] != left].insert({-gain_[v], v});
    }
    if (cut == 0) return false;
    std::vector<std::uint32_t> moved;  // left, right, left, …
    std::int64_t total = 0, best = 0;
    std::size_t best_moves = 0;
    while (!queues[0].empty() && !queues[1].empty() && moved.size() < best_moves + 2 * patience) {
      for (const bool from_right : {false, true}) {
        Queue& queue = queues[from_right];
        const std::uint32_t v = queue.begin()->second;
        queue.erase(queue.begin());
        total += gain_[v];
        const std::uint32_t from = part_[v];
        part_[v] = from_right ? left : right;
        moved.push_back(v);
        for (const std::uint32_t u : graph_.neighbours_of(v)) {
          if (part_[u] != left && part_[u] != right) continue;
          Queue& others = queues[part_[u] != left];
          const bool is_free = others.erase({-gain_[u], u}) > 0;
          gain_[u] += part_[u] == from ? 2 : -2;
          if (is_free) others.insert({-gain_[u], u});
        }
      }
      if (total > best) {
        best = total;
        best_moves = moved.size();
      }
    }
    for (std::size_t k = best_moves; k < moved.size(); ++k) {
      part_[moved[k]] = k % 2 == 0 ? left : right;
    }
    sort_by_part(nodes, left);
    return best > 0;
  }

  const Graph& graph_;
  std::vector<std::uint32_t> part_;
  std::vector<std::int64_t> gain_;  // edges that fewer are cut if the node moves
  std::uint32_t next_ = 1;
};

}  // namespace

std::vector<std::uint32_t> local_order(const Graph& graph) {
  std::vector<std::uint32_t> order(graph.nodes());
  for (std::uint32_t v = 0; v < order.size(); ++v) order[v] = v;
  if (!graph.is_directed) {
    Bisection(graph).split(order, 0);
    return order;
  }
  std::vector<Edge> edges;
  for (std::uint32_t v = 0; v < graph.nodes(); ++v) {
    for (const std::uint32_t u : graph.neighbours_of(v)) edges.push_back({v, u});
  }
  const Graph both = make_graph(graph.nodes(), edges);
  Bisection(both).split(order, 0);
  return order;
}

Graph renumbered(const Graph& graph, std::span<const std::uint32_t> order) {
  COHORT_CHECK(order.size() == graph.nodes(), "a place for each node");
  constexpr std::uint32_t none = 0xffffffffU;
  std::vector<std::uint32_t> place(order.size(), none);
  for (std::uint32_t k = 0; k < order.size(); ++k) {
    COHORT_CHECK(order[k] < place.size() && place[order[k]] == none, "each node has one place");
    place[order[k]] = k;
  }
  std::vector<Edge> edges;
  std::vector<double> weights;
  for (std::uint32_t v = 0; v < graph.nodes(); ++v) {
    const auto neighbours = graph.neighbours_of(v);
    for (std::size_t j = 0; j < neighbours.size(); ++j) {
      if (!graph.is_directed && neighbours[j] < v) continue;
      edges.push_back({place[v], place[neighbours[j]]});
      if (!graph.weights.empty()) weights.push_back(graph.weights_of(v)[j]);
    }
  }
  return make_graph(graph.nodes(), edges, graph.is_directed, weights);
}

std::uint64_t cut_edges(const Graph& graph, std::span<const IdRange> parts) {
  std::uint64_t cut = 0;
  for (const IdRange part : parts) {
    for (std::uint64_t v = part.first; v < std::min<std::uint64_t>(part.last, graph.nodes()); ++v) {
      for (const std::uint32_t u : graph.neighbours_of(v)) {
        cut += u < part.first || u >= part.last;
      }
    }
  }
  return graph.is_directed ? cut : cut / 2;
}

}  // namespace cohort
