#pragma once
// How fast a chain forgets and how fast gossip agrees: eigenvalues off the known one.
//   chain    P similar to the symmetric D^½ P D^−½, D = diag π; gap = 1 − max(|λ_2|, |λ_n|)
//   gossip   ρ = ‖W_τ ⋯ W_1 − 11ᵀ/n‖₂^{1/τ} over a period of τ rounds; gap = 1 − ρ. T rounds bring
//            the nodes to ρ^T of their distance from the mean, or nearer.
// Dense up to `dense_nodes`; above, Lanczos with full reorthogonalisation and thick restarts (Wu,
// Simon, SIAM J. Matrix Anal. Appl. 22 (2000)) orthogonal to the known eigenvector. Some eigenvalue
// lies within the stated residual of what is returned.

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "algorithms/chain.hpp"
#include "algorithms/mixing.hpp"

namespace cohort {

inline constexpr std::uint64_t dense_nodes = 1200;

/// out [n] ← A x [n] for a symmetric A.
using SymmetricProduct = std::function<void(std::span<const double> x, std::span<double> out)>;

struct Extremes {
  double largest = 0;
  double smallest = 0;
  double residual = 0;         // the larger of the two
  std::uint64_t products = 0;  // with A
};
/// The extreme eigenvalues of A on the complement of its eigenvector `known` [n] of norm 1, n ≥ 2.
/// Stops at a residual of `tolerance` or after `products`. Memory: 48 vectors.
Extremes lanczos(const SymmetricProduct& a, std::span<const double> known, double tolerance = 1e-9,
                 std::uint64_t products = 2000);

struct Gap {
  double rate = 1;      // ρ, or the larger modulus of λ_2 and λ_n
  double second = 1;    // λ_2 of a chain
  double last = 1;      // λ_n
  double residual = 0;  // 0: dense
  double gap() const { return 1.0 - rate; }
};
/// Of a chain on a connected graph.
Gap spectral_gap(const ReversibleChain& chain);
/// Of one period of mixing matrices, doubly stochastic; `second` and `last` are not set.
Gap consensus_gap(std::span<const MixingMatrix> rounds);

/// λ_1 = 1 > λ_2 ≥ … and the left eigenvectors u_i = D^½ φ_i, φ_i orthonormal.
struct ChainModes {
  Vec values;  // [n − 1], without λ_1
  Mat left;    // [n × (n − 1)]
};
/// O(n³).
ChainModes chain_modes(const ReversibleChain& chain);

/// Rounds of gossip, or hops, after which the distance has shrunk by e.
double relaxation_time(const Gap& gap);

}  // namespace cohort
