#include "algorithms/graphs/base_k.hpp"

#include <algorithm>
#include <numeric>
#include <span>

namespace cohort {

namespace {

struct Round {
  std::vector<Edge> edges;
  std::vector<double> weights;
};
using Cycle = std::vector<Round>;
using Nodes = std::span<const std::uint32_t>;

/// Factors of n of at most k + 1, as few as go greedily; empty if a larger prime is left.
std::vector<std::uint64_t> factors(std::uint64_t n, std::uint64_t k) {
  std::vector<std::uint64_t> out;
  for (std::uint64_t f = std::min(k + 1, n); f >= 2; --f) {
    for (; n % f == 0; n /= f) out.push_back(f);
  }
  if (n > 1) out.clear();
  return out;
}
bool is_smooth(std::uint64_t n, std::uint64_t k) { return n == 1 || !factors(n, k).empty(); }

Round& round_at(Cycle& cycle, std::size_t t) {
  if (cycle.size() <= t) cycle.resize(t + 1);
  return cycle[t];
}

/// From round t on, `nodes` (their number smooth) agree; the round after.
std::size_t hyper_hypercube(Cycle& cycle, std::size_t t, Nodes nodes, std::uint64_t k) {
  std::uint64_t stride = 1;
  for (const std::uint64_t f : factors(nodes.size(), k)) {
    Round& round = round_at(cycle, t++);
    for (std::uint64_t i = 0; i < nodes.size(); ++i) {
      const std::uint64_t digit = i / stride % f;
      for (std::uint64_t other = digit + 1; other < f; ++other) {
        round.edges.push_back({nodes[i], nodes[i + (other - digit) * stride]});
        round.weights.push_back(1.0 / static_cast<double>(f));
      }
    }
    stride *= f;
  }
  return t;
}

/// The simple base-(k + 1) graph of `nodes`, from the first round on.
void simple_base(Cycle& cycle, Nodes nodes, std::uint64_t k) {
  if (is_smooth(nodes.size(), k)) {
    hyper_hypercube(cycle, 0, nodes, k);
    return;
  }
  struct Group {
    Nodes nodes;
    std::uint64_t parts;
  };
  std::vector<Group> groups;
  std::uint64_t power = 1;
  while (power <= nodes.size() / (k + 1)) power *= k + 1;
  std::size_t first = 0;
  for (; power >= 1; power /= k + 1) {
    const std::uint64_t digit = (nodes.size() - first) / power;
    if (digit > 0) groups.push_back({nodes.subspan(first, digit * power), digit});
    first += digit * power;
    if (power == 1) break;
  }
  std::size_t agreed = 0;
  for (const Group& g : groups) agreed = std::max(agreed, hyper_hypercube(cycle, 0, g.nodes, k));
  first = 0;
  for (std::size_t l = 0; l + 1 < groups.size(); ++l) {
    const Group& g = groups[l];
    const Nodes all = nodes.subspan(first), rest = all.subspan(g.nodes.size());
    const std::uint64_t part = g.nodes.size() / g.parts;
    const double weight = static_cast<double>(g.nodes.size()) /
                          (static_cast<double>(all.size()) * static_cast<double>(g.parts));
    Round& round = round_at(cycle, agreed++);
    for (std::size_t r = 0; r < rest.size(); ++r) {
      for (std::uint64_t a = 0; a < g.parts; ++a) {
        round.edges.push_back({rest[r], g.nodes[a * part + r]});
        round.weights.push_back(weight);
      }
    }
    for (std::uint64_t a = 0; a < g.parts; ++a) {
      hyper_hypercube(cycle, agreed, g.nodes.subspan(a * part, part), k);
    }
    first += g.nodes.size();
  }
}

Cycle base_graph(std::uint32_t n, std::uint64_t k) {
  std::vector<std::uint32_t> nodes(n);
  std::iota(nodes.begin(), nodes.end(), 0u);
  Cycle simple;
  simple_base(simple, nodes, k);
  std::uint64_t q = n;
  for (std::uint64_t f = std::min<std::uint64_t>(k + 1, n); f >= 2; --f) {
    while (q % f == 0) q /= f;
  }
  if (q == 1 || q == n) return simple;
  const std::uint64_t p = n / q;
  Cycle copies;
  for (std::uint64_t c = 0; c < p; ++c) {
    simple_base(copies, Nodes(nodes).subspan(c * q, q), k);
  }
  const std::size_t across = copies.size();
  std::vector<std::uint32_t> column(p);
  for (std::uint64_t i = 0; i < q; ++i) {
    for (std::uint64_t c = 0; c < p; ++c) column[c] = nodes[c * q + i];
    hyper_hypercube(copies, across, column, k);
  }
  return copies.size() < simple.size() ? copies : simple;
}

}  // namespace

Result<std::uint64_t> BaseK::period(const GraphInput& input) const {
  COHORT_TRY(const std::uint32_t n, node_count(name, options.nodes, input, 2));
  return static_cast<std::uint64_t>(base_graph(n, options.degree).size());
}

Result<Graph> BaseK::graph(const GraphInput& input) const {
  COHORT_TRY(const std::uint32_t n, node_count(name, options.nodes, input, 2));
  const Cycle cycle = base_graph(n, options.degree);
  const Round& round = cycle[input.round % cycle.size()];
  return make_graph(n, round.edges, false, round.weights);
}

}  // namespace cohort
