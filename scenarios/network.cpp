#include "scenarios/network.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "worker/token.hpp"

namespace cohort {

Result<MixingMatrix> mixing_of_round(const Scenario& scenario, std::uint64_t round) {
  const GossipChoice& gossip = scenario.gossip;
  // The first round of a topology is its round 0.
  COHORT_TRY(const Graph graph,
             gossip.graph->graph({scenario.clients.count, scenario.seeds.run, round - 1}));
  COHORT_TRY(MixingMatrix w, gossip.mixing->matrix(graph));
  switch (gossip.method->needs().mixing) {
    case MixingNeeds::doubly_stochastic:
      COHORT_DO(check_doubly_stochastic(gossip.mixing->name(), w));
      break;
    case MixingNeeds::columns:
      COHORT_DO(check_column_stochastic(gossip.mixing->name(), w));
      break;
    case MixingNeeds::rows:
      break;
  }
  return w;
}

Result<void> check_mixing(const Scenario& scenario) {
  COHORT_TRY(const std::uint64_t period,
             scenario.gossip.graph->period({scenario.clients.count, scenario.seeds.run, 0}));
  for (std::uint64_t t = 1; t <= std::clamp<std::uint64_t>(period, 1, longest_planned_period);
       ++t) {
    COHORT_TRY(const MixingMatrix w, mixing_of_round(scenario, t));
    if (w.nodes() != scenario.clients.count) {
      return bad_input(fmt::format("graph {}: expected a node a client, {} of them, found {}",
                                   scenario.gossip.graph->name(), scenario.clients.count,
                                   w.nodes()));
    }
  }
  if (period != 1) return {};
  COHORT_TRY(const Graph graph,
             scenario.gossip.graph->graph({scenario.clients.count, scenario.seeds.run, 0}));
  return check_connected(graph, fmt::format("graph {}", scenario.gossip.graph->name()));
}

Result<TokenNetwork> token_network(const Scenario& scenario, std::span<const double> weights) {
  const Topology& topology = *scenario.gossip.graph;
  const GraphInput input{scenario.clients.count, scenario.seeds.run, 0};
  COHORT_TRY(const std::uint64_t period, topology.period(input));
  if (period != 1) {
    return bad_input(fmt::format("graph {}: tokens walk on one graph for ever, and this changes",
                                 topology.name()));
  }
  COHORT_TRY(Graph graph, topology.graph(input));
  if (graph.nodes() != scenario.clients.count) {
    return bad_input(fmt::format("graph {}: expected a node a client, {} of them, found {}",
                                 topology.name(), scenario.clients.count, graph.nodes()));
  }
  TokenNetwork network;
  network.graph = std::make_shared<const Graph>(std::move(graph));
  const bool is_uniform = scenario.token.target == WalkTarget::uniform;
  COHORT_TRY(auto walk, scenario.token.kernel->on(
                            *network.graph, is_uniform ? std::span<const double>() : weights));
  network.visit_shares = walk->stationary();
  if (network.visit_shares.empty()) network.visit_shares = walk->base()->stationary();
  network.walk = std::move(walk);
  return network;
}

Result<GossipCost> gossip_cost(const Scenario& scenario, const Layout& layout) {
  COHORT_TRY(const MixingMatrix w, mixing_of_round(scenario, 1));
  GossipCost cost;
  cost.directed_edges = w.sources.size();
  for (const Phase& phase : scenario.gossip.method->phases(layout)) {
    for (const BlockSpec& b : phase.up) {
      cost.bytes_an_edge += 16 + (scenario.compressor && b.takes_compressor()
                                      ? scenario.compressor->bytes(b.length)
                                      : coordinates(b.form, b.length) * element_size(b.element));
    }
  }
  return cost;
}

std::uint64_t hop_cost(const Scenario& scenario, const Layout& layout) {
  const Vec x = Vec::Zero(static_cast<Index>(layout.shared()));
  TokenMemory memory;
  memory.start(*scenario.token.method, scenario.local, layout, x);
  return protocol_bytes(layout.shared(), to_bytes(memory).size());
}

}  // namespace cohort
