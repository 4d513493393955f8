#pragma once
// Metropolis weights with one added:
//   W_ij = 1/(1 + max(d_i, d_j)) for neighbours, W_ii = 1 − Σ_j W_ij > 0
// Xiao, Boyd, Lall, IPSN 2005. Symmetric and doubly stochastic on every undirected graph, and never
// periodic: without the added one W_ii = 0 on an even ring, and the gap is 0. A node needs the
// degrees of its neighbours only.

#include <algorithm>

#include "algorithms/mixing.hpp"

namespace cohort {

struct MetropolisWeights {
  static constexpr std::string_view name = "metropolis";
  static constexpr std::string_view summary = "1/(1 + the larger degree), the rest for itself";
  static constexpr std::string_view source = "Xiao, Boyd and Lall, IPSN 2005";
  static constexpr bool undirected_only = true;
  struct Options {};
  Options options;

  MixingMatrix matrix(const Graph& graph) const {
    return rows_of(graph, [&](std::uint64_t i, std::uint64_t j) {
      return 1.0 / static_cast<double>(1 + std::max(graph.degree(i), graph.degree(j)));
    });
  }
};

}  // namespace cohort
