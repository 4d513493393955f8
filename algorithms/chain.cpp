#include "algorithms/chain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/kernels.hpp"

namespace cohort {

std::vector<double> ReversibleChain::stationary() const {
  std::vector<double> pi(graph->nodes());
  for (std::uint64_t i = 0; i < pi.size(); ++i) {
    pi[i] = conductance(i) * static_cast<double>(graph->degree(i));
  }
  kernels::scale(1.0 / kernels::sum(pi), pi);
  return pi;
}

double ReversibleChain::stay(std::uint64_t i) const {
  double held = 0.0;
  for (const std::uint32_t j : graph->neighbours_of(i)) {
    held += std::max(0.0, conductance(i) - conductance(j));
  }
  return laziness +
         (1.0 - laziness) * held / (conductance(i) * static_cast<double>(graph->degree(i)));
}

double ReversibleChain::move(std::uint64_t i, std::uint64_t j) const {
  return (1.0 - laziness) * std::min(conductance(i), conductance(j)) /
         (conductance(i) * static_cast<double>(graph->degree(i)));
}

Result<ReversibleChain> make_chain(const Graph& graph, BaseChain base,
                                   std::span<const double> target) {
  if (base == BaseChain::non_backtracking) {
    return bad_input(
        "base non_backtracking: expected a reversible chain (simple, metropolis, lazy, "
        "lazy_metropolis); what a walk with a history converges to is known for those only");
  }
  if (graph.is_directed) {
    return bad_input("a walk: expected an undirected graph, whose chains are reversible");
  }
  if (graph.nodes() < 2) return bad_input("a walk: expected a graph of at least 2 nodes");
  COHORT_DO(check_connected(graph, "a walk"));
  ReversibleChain chain;
  chain.graph = &graph;
  chain.laziness = base == BaseChain::lazy || base == BaseChain::lazy_metropolis ? 0.5 : 0.0;
  if (base == BaseChain::simple || base == BaseChain::lazy) {
    if (!target.empty()) {
      return bad_input(
          "base simple: visits nodes in proportion to their degrees; for another target take "
          "metropolis");
    }
    return chain;
  }
  if (!target.empty() && target.size() != graph.nodes()) {
    return bad_input(fmt::format("target: expected {} weights, one a node, found {}", graph.nodes(),
                                 target.size()));
  }
  for (std::uint64_t i = 0; i < target.size(); ++i) {
    if (!(target[i] > 0.0) || !std::isfinite(target[i])) {
      return bad_input(
          fmt::format("target: expected a positive weight for every node, found {} for node {}; a "
                      "node of weight 0 can cut the graph",
                      target[i], i));
    }
  }
  chain.q.resize(graph.nodes());
  for (std::uint64_t i = 0; i < graph.nodes(); ++i) {
    chain.q[i] = (target.empty() ? 1.0 : target[i]) / static_cast<double>(graph.degree(i));
  }
  if (std::all_of(chain.q.begin(), chain.q.end(), [&](double q) { return q == chain.q[0]; })) {
    chain.q.clear();
  }
  return chain;
}

}  // namespace cohort
