#pragma once
// Maximum degree weights:
//   W_ij = 1/(1 + d_max) for neighbours, W_ii = 1 − d_i/(1 + d_max)
// Xiao, Boyd, Systems & Control Letters 53 (2004), who leave out the 1. Symmetric and doubly
// stochastic on every undirected graph; every node must know d_max. On a graph of equal degrees it
// is metropolis.

#include "algorithms/mixing.hpp"

namespace cohort {

struct MaxDegreeWeights {
  static constexpr std::string_view name = "max_degree";
  static constexpr std::string_view summary = "1/(1 + the largest degree of all)";
  static constexpr std::string_view source = "Xiao and Boyd, Systems & Control Letters 53 (2004)";
  static constexpr bool undirected_only = true;
  struct Options {};
  Options options;

  MixingMatrix matrix(const Graph& graph) const {
    const double weight = 1.0 / static_cast<double>(1 + degrees(graph).max);
    return rows_of(graph, [&](std::uint64_t, std::uint64_t) { return weight; });
  }
};

}  // namespace cohort
