#pragma once
// Self-repellent random walk over a reversible base P with stationary law π: the more often a node
// was visited, the less it attracts.
//   K_ij[x] = P_ij (x_j/π_j)^−α / Σ_k P_ik (x_k/π_k)^−α,   staying included where P_ii > 0
//   X_{n+1} ~ K[x_n](X_n, ·),   x_{n+1} = x_n + γ_{n+1} (δ_{X_{n+1}} − x_n),   x_0 = 1/N
// Doshi, Hu, Eun, ICML 2023 (a = 1); Hu, Doshi, Eun, ICLR 2024 (γ_n = (n + 1)^−a, ½ < a < 1). With
// a = 1, γ_n = 1/(N + n): x is the visit counts, every node counted once before.
// √n (x_n − π) → N(0, Σ_i (1/(2α(1 + λ_i) + 1)) ((1 + λ_i)/(1 − λ_i)) u_i u_iᵀ) over the modes of
// P: O(1/α). A token's estimate gains O(1/α²) if its own step is o(γ_n), none if γ_n is o(its
// step).
//
// K depends on x up to scale only. So mass grows instead of being scaled down, and one weight
// w_j = (mass_j/(π_j s))^−α a hop is made anew; s is the total when they were all made. They are
// made again when the total has grown by 2^{256/α}, before they could leave the range of doubles; a
// row whose weights have left it all the same is taken in logarithms.
//
// Cost a hop: 1 draw, one pass over the row, 1 power (2 if a < 1). Memory: 24 bytes a node, 32 with
// a metropolis base on a graph of unequal degrees, offsets included.

#include "algorithms/walk.hpp"

namespace cohort {

struct Srrw {
  static constexpr std::string_view name = "srrw";
  static constexpr std::string_view summary = "self-repellent: avoids where it has been";
  static constexpr std::string_view source =
      "Doshi, Hu and Eun, ICML 2023; Hu, Doshi and Eun, ICLR 2024";
  struct Options {
    BaseChain base = BaseChain::metropolis;
    double alpha = 5.0;
    double step_exponent = 1.0;
    static void declare(OptionTable<Options>& t) {
      t.add("base", &Options::base, "the chain P that is repelled; reversible");
      t.add("alpha", &Options::alpha, non_negative, "strength α; 0 is the base itself");
      t.add("step_exponent", &Options::step_exponent, Bounds{0.5, 1, true, false},
            "a of the step γ_n; 1: plain visit counts");
    }
  };
  Options options;

  Result<std::unique_ptr<const Walk>> on(const Graph& graph, std::span<const double> target) const;
};

}  // namespace cohort
