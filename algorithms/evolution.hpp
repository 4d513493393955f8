#pragma once
// Evolution strategies for unrolled systems, s_t = step(s_{t−1}; θ), L(θ) = Σ_{t ≤ T} L_t:
// gradients of long runs from windows of K steps, without derivatives and without unrolling all T.
//
//   particles i = 1 … N in antithetic pairs, ε_{2j} = −ε_{2j−1}, ε ~ N(0, σ²I)
//   a window   L_i = Σ of the K losses at θ + ε_i;   g = 1/(N σ²) Σ_i L_i ξ_i
//     truncated    all start from one state, which then goes on with θ;        ξ_i = ε_i
//     persistent   each has its state, a new ε_i a window;                     ξ_i ← ξ_i + ε_i
//     single       each has its state, and one ε_i from start to end;          ξ_i = ε_i
//   at T states and ξ start anew.
// -----------------------------------------------------------------------------------------------
// θ, ε_i, ξ_i, g [P]; s_t the state. Truncated is biased: what θ did before the window is not seen.
// Persistent and single are unbiased for the smoothed E_ε L(θ + ε): summed over the windows of an
// episode at one θ, single is the evolution strategy on all of T, and for quadratic L its mean is
// ∇L. With L_t linear in what θ was at each step, p_{τt} = ∂L_t/∂θ_τ for windows τ, t, m_{ab} =
// Σ_{t ≥ max(a,b)} p_{at}, the sum of one pair's estimates over an episode has the mean Σ_a m_aa
// and the variance
//   persistent  (P + 1) Σ_a ‖m_aa‖² + Σ_{a≠b} (P ‖m_ab‖² + ⟨m_ab, m_ba⟩)
//   single      (P + 1) ‖Σ_a m_aa‖²,
// of which single does not depend on the number of windows, while persistent grows with them where
// what θ did long ago keeps to matter, and is below where windows have nothing to do with each
// other. Sources: Vicol, Metz, Sohl-Dickstein, Unbiased gradient estimation in unrolled computation
// graphs
//   with persistent evolution strategies, ICML 2021; Vicol, Low-variance gradient estimation in
//   unrolled computation graphs with ES-Single, ICML 2023.
// Cost a window: N K steps of the system; memory N states, persistent N (state + P).

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/random.hpp"
#include "core/vec.hpp"

namespace cohort {

/// s_t = step(s_{t−1}; θ) with a loss a step. Immutable; the same bits for the same arguments.
class UnrolledSystem {
 public:
  virtual ~UnrolledSystem() = default;
  /// P
  virtual Index parameters() const = 0;
  virtual Index state_size() const = 0;
  /// T
  virtual std::uint64_t length() const = 0;
  /// s [state_size] ← s_0; `episode` may draw it.
  virtual void start(const Stream& episode, VecRef s) const = 0;
  /// s ← s_t, returns L_t; t = 1 … T. What it draws is of (episode, t), the same for all particles.
  virtual double step(const Stream& episode, std::uint64_t t, VecView theta, VecRef s) const = 0;
};

/// Σ L_t of a whole episode at θ.
double unrolled_loss(const UnrolledSystem& system, const Stream& episode, VecView theta);

enum class EvolutionKind : std::uint8_t { truncated, persistent, single };
inline std::vector<std::pair<std::string, EvolutionKind>> option_names(EvolutionKind) {
  return {{"truncated", EvolutionKind::truncated},
          {"persistent", EvolutionKind::persistent},
          {"single", EvolutionKind::single}};
}

struct EvolutionOptions {
  EvolutionKind kind = EvolutionKind::single;
  std::uint64_t pairs = 50;   // N/2
  std::uint64_t window = 10;  // K; the last one of an episode may be shorter
  double sigma = 0.1;         // σ
};

/// An estimator on its way through episodes.
class EvolutionStrategy {
 public:
  /// `system` outlives it. Episode e, its perturbations and its noise are of `stream`.sub(e).
  EvolutionStrategy(const UnrolledSystem& system, const EvolutionOptions& options, Stream stream);

  /// The next window at θ: g [P] ← the estimate; returns the mean loss of the particles over it.
  double next(VecView theta, VecRef g);
  /// Whether an episode has just ended, so that next() starts another.
  bool at_end() const { return t_ == 0; }

 private:
  void start_episode();
  /// ε of a pair into eps_: of the window, or, of single, of the episode.
  void perturb(std::uint64_t pair, std::uint64_t window);

  const UnrolledSystem* system_;
  EvolutionOptions options_;
  Stream stream_;
  std::uint64_t episode_ = 0;
  std::uint64_t t_ = 0;  // steps done of the episode
  Vec mean_state_;       // of truncated
  Mat states_;           // [state_size × 2 pairs]
  Mat totals_;           // [P × pairs] ξ of the first of each pair; that of the second is −ξ
  Vec eps_;
};

}  // namespace cohort
