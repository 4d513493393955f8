#pragma once
// Directions in which rows spread most, from their inner products alone: the nonzero eigenvalues of
// a covariance Σ c_i (x_i − μ)(x_i − μ)ᵀ are those of the matrix √c_i √c_j ⟨x_i − μ, x_j − μ⟩.

#include "algorithms/aggregation.hpp"
#include "core/linalg.hpp"

namespace cohort {

/// For weights c [n] ≥ 0 with a positive sum.
struct TopSpread {
  Vec mean;         // [p] weights of μ = Σ c_i x_i / Σ c_i
  double variance;  // λ, the top eigenvalue of Σ c_i (x_i − μ)(x_i − μ)ᵀ / Σ c_i
  Vec along;        // [n] ⟨x_i − μ, v⟩ for the unit eigenvector v; 0 if λ is
};
TopSpread top_spread(const Distances& distances, const Vec& c);

}  // namespace cohort
