#pragma once
// Base-(k + 1) graphs: a cycle of graphs of degree at most k after which all n nodes agree exactly,
// for every n and k ≥ 1. Takezawa, Sato, Bao, Niwa, Yamada, NeurIPS 2023.
//
// Hyper-hypercube, if n has no prime factor above k + 1: n = n_1 ⋯ n_τ, n_i ≤ k + 1; round i
// averages groups of n_i. Else n in base k + 1, n = Σ_l a_l (k + 1)^{p_l}, p_1 > p_2 > …, splits
// the nodes into V_1, V_2, … of a_l (k + 1)^{p_l}:
//   1. each V_l agrees, by its hyper-hypercube
//   2. for l = 1, 2, …: a round in which each node of V_{l+1} ∪ … meets one node of each of the a_l
//      parts of V_l, with edges of weight |V_l|/((|V_l| + |V_{l+1}| + …) a_l). It brings the mean
//      of every part, and that of the rest, to the mean of all
//   3. each part of V_l agrees, while the rest goes on with 2
// If n = p q with q the part of larger primes, copies of the cycle for q and then a hyper-hypercube
// over p copies are taken where that is shorter. Mixing: edge_weights.

#include "algorithms/topology.hpp"

namespace cohort {

struct BaseK {
  static constexpr std::string_view name = "base_k";
  static constexpr std::string_view summary = "exact agreement in a cycle of sparse graphs, any n";
  static constexpr std::string_view source = "Takezawa et al., NeurIPS 2023";
  static constexpr std::string_view mixing = "edge_weights";
  struct Options : NodesOption {
    std::uint64_t degree = 1;
    static void declare(OptionTable<Options>& t) {
      declare_nodes(t);
      t.add("degree", &Options::degree, at_least(1), "k, the most neighbours in a round");
    }
  };
  Options options;

  Result<std::uint64_t> period(const GraphInput& input) const;
  Result<Graph> graph(const GraphInput& input) const;
};

}  // namespace cohort
