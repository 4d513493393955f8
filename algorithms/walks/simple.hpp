#pragma once
// Simple random walk: P_ij = 1/d_i. Visits go in proportion to the degrees. Lovász, Combinatorics,
// Paul Erdős is Eighty 2 (1993). Cost a hop: 1 draw.

#include "algorithms/walk.hpp"

namespace cohort {

struct SimpleWalk {
  static constexpr std::string_view name = "simple";
  static constexpr std::string_view summary = "to any neighbour; visits go by degree";
  static constexpr std::string_view source = "Lovász, Combinatorics, Paul Erdős is Eighty 2 (1993)";
  struct Options {};
  Options options;

  static Result<std::unique_ptr<const Walk>> on(const Graph& graph, std::span<const double>) {
    return chain_walk(graph, BaseChain::simple, {});
  }
};

}  // namespace cohort
