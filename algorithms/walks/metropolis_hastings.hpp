#pragma once
// Metropolis–Hastings walk to any target π > 0: propose a neighbour j, go there with probability
// min(1, π_j d_i/(π_i d_j)), else stay. Hastings, Biometrika 57 (1970). Of uniform π:
// P_ij = min(1/d_i, 1/d_j). Cost a hop: 2 draws, the degree of the proposed node.

#include "algorithms/walk.hpp"

namespace cohort {

struct MetropolisHastingsWalk {
  static constexpr std::string_view name = "metropolis_hastings";
  static constexpr std::string_view summary = "visits go by any target, uniform by default";
  static constexpr std::string_view source = "Hastings, Biometrika 57 (1970)";
  struct Options {};
  Options options;

  static Result<std::unique_ptr<const Walk>> on(const Graph& graph,
                                                std::span<const double> target) {
    return chain_walk(graph, BaseChain::metropolis, target);
  }
};

}  // namespace cohort
