#pragma once
// Covariance-bound agnostic filter: rows lose weight by how far they reach along the direction of
// greatest variance, until n − 2f of it are left; the mean of least variance on the way.
//   c ← 1;  while Σ c_i > n − 2f:
//     μ = Σ c_i x_i / Σ c_i,   (λ, v) top eigenpair of Σ c_i (x_i − μ)(x_i − μ)ᵀ / Σ c_i
//     keep μ if λ is the least so far;   τ_i = ⟨v, x_i − μ⟩²,   c_i ← c_i (1 − τ_i / max τ over c >
//     0)
// Allouah, Guerraoui, Stephan, "Towards trustworthy federated learning with untrusted
// participants", ICML 2025. Public code stops one power iteration after a random start; here the
// eigenpair is exact.
//
// Tolerates f < n/2. Cost: the distances (n²d/2), n³ for each row whose weight is lost, one
// weighted sum.

#include <algorithm>
#include <limits>

#include "algorithms/rules/spectral.hpp"
#include "core/kernels.hpp"

namespace cohort {

struct Caf {
  static constexpr std::string_view name = "caf";
  static constexpr std::string_view summary =
      "weights fall along the direction of greatest variance";
  static constexpr std::string_view source = "Allouah et al., ICML 2025";
  static constexpr std::string_view cost = "Gram matrix, up to n decompositions, one weighted sum";
  static constexpr bool needs_f = true;
  struct Options {};
  Options options;

  std::size_t tolerated(std::size_t n) const { return n == 0 ? 0 : (n - 1) / 2; }

  Vec weights(const Distances& distances, const RuleInput& input) const {
    const Index n = distances.rows();
    const double least_weight = static_cast<double>(n) - 2.0 * static_cast<double>(input.f);
    Vec c = Vec::Ones(n), best;
    double least = std::numeric_limits<double>::infinity();
    // The first pass always runs; each takes all the weight of at least one row.
    do {
      const TopSpread spread = top_spread(distances, c);
      if (spread.variance < least) {
        least = spread.variance;
        best = spread.mean;
      }
      const Vec tau = spread.along.cwiseAbs2();
      double most = 0.0;
      for (Index i = 0; i < n; ++i) {
        if (c[i] > 0.0) most = std::max(most, tau[i]);
      }
      if (!(most > 0.0)) break;  // all that is left agrees
      for (Index i = 0; i < n; ++i) c[i] *= std::max(0.0, 1.0 - tau[i] / most);
    } while (kernels::sum(as_span(c)) > least_weight);
    return best;
  }
};

}  // namespace cohort
