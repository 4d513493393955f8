#include "scenarios/network.hpp"

#include <fmt/format.h>

#include <algorithm>

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
  return {};
}

Result<GossipCost> gossip_cost(const Scenario& scenario, const Layout& layout) {
  COHORT_TRY(const MixingMatrix w, mixing_of_round(scenario, 1));
  GossipCost cost;
  cost.directed_edges = w.sources.size();
  for (const Phase& phase : scenario.gossip.method->phases(layout)) {
    for (const BlockSpec& b : phase.up) {
      cost.bytes_an_edge += coordinates(b.form, b.length) * element_size(b.element) + 16;
    }
  }
  return cost;
}

}  // namespace cohort
