#pragma once
// A reversible chain on an undirected graph, by conductances: with q_i > 0 and 0 ≤ ℓ < 1
//   π_i ∝ q_i d_i                          d_i the degree
//   P_ij = (1 − ℓ) min(q_i, q_j)/(q_i d_i)  for neighbours
//   P_ii = ℓ + (1 − ℓ) Σ_j max(0, q_i − q_j)/(q_i d_i)
// so π_i P_ij is symmetric. It is
//   simple       q = 1           P_ij = 1/d_i, π ∝ d
//   metropolis   q_i = π_i/d_i   P_ij = min(1, π_j d_i/(π_i d_j))/d_i for any π > 0; of uniform π
//   it
//                                is min(1/d_i, 1/d_j). Hastings, Biometrika 57 (1970)
//   lazy         ℓ = ½           ½ (I + P), eigenvalues (1 + λ)/2

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/graph.hpp"
#include "core/result.hpp"
#include "core/vec.hpp"

namespace cohort {

/// What a kernel with a history stands on.
enum class BaseChain : std::uint8_t { simple, metropolis, lazy, lazy_metropolis, non_backtracking };
inline std::vector<std::pair<std::string, BaseChain>> option_names(BaseChain) {
  return {{"simple", BaseChain::simple},
          {"metropolis", BaseChain::metropolis},
          {"lazy", BaseChain::lazy},
          {"lazy_metropolis", BaseChain::lazy_metropolis},
          {"non_backtracking", BaseChain::non_backtracking}};
}

/// The graph must outlive it.
struct ReversibleChain {
  const Graph* graph = nullptr;
  std::vector<double> q;  // [n]; empty: all alike
  double laziness = 0.0;

  double conductance(std::uint64_t i) const { return q.empty() ? 1.0 : q[i]; }
  /// [n], of sum 1.
  std::vector<double> stationary() const;
  /// P_ii.
  double stay(std::uint64_t i) const;
  /// P_ij of a neighbour j.
  double move(std::uint64_t i, std::uint64_t j) const;
};

/// `target` [n] of any scale is for metropolis; empty: uniform. Errors (bad_input): a directed or
/// unconnected graph, an isolated node, a target that is not positive and finite everywhere, a base
/// that is not reversible.
Result<ReversibleChain> make_chain(const Graph& graph, BaseChain base,
                                   std::span<const double> target);

}  // namespace cohort
