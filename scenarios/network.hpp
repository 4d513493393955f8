#pragma once
// Who hears whom in a decentralized scenario, and with what weight.

#include <cstdint>

#include <memory>
#include <span>
#include <vector>

#include "algorithms/mixing.hpp"
#include "algorithms/walk.hpp"
#include "scenarios/scenario.hpp"

namespace cohort {

/// Periods up to this are planned ahead and checked whole.
inline constexpr std::uint64_t longest_planned_period = 64;

/// The mixing matrix of a round, from 1, of [graph] and its mixing. Errors (bad_input): options
/// that do not fit, or a matrix that is not what the method needs.
Result<MixingMatrix> mixing_of_round(const Scenario& scenario, std::uint64_t round);
/// Of every round of a topology that repeats; of the first of one that is drawn anew.
Result<void> check_mixing(const Scenario& scenario);

/// What tokens walk on, and how.
struct TokenNetwork {
  std::shared_ptr<const Graph> graph;  // that the walk is on
  std::shared_ptr<const Walk> walk;
  std::vector<double> visit_shares;  // [n] π_i
};
/// `weights` [n] are the p_i. Errors (bad_input): a graph, base or target that the kernel cannot
/// take.
Result<TokenNetwork> token_network(const Scenario& scenario, std::span<const double> weights);

/// What the first round costs.
struct GossipCost {
  std::uint64_t directed_edges = 0;
  std::uint64_t bytes_an_edge = 0;  // protocol bytes in each direction, at most
};
Result<GossipCost> gossip_cost(const Scenario& scenario, const Layout& layout);
/// Protocol bytes of a hop to another node.
std::uint64_t hop_cost(const Scenario& scenario, const Layout& layout);

}  // namespace cohort
