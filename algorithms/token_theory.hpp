#pragma once
// How far tokens that learn apart are from each other, in theory: random-walk SGD with rates
// β_n = n^−b on a kernel srrw whose memory has γ_n = n^−a. Of f_i = ½‖θ − c_i‖² (A = −I)
//   E‖θ_n − θ*‖² → β_n/(1 − b/(2 n^{1−b})) Σ_i v(λ_i) ‖Hᵀu_i‖² (1 + λ_i)/(1 − λ_i)
// over the modes λ_i, u_i of the base chain, H_i = c_i − θ* weighted by p_i/π_i; with
// s = 1/(α(1 + λ) + 1)
//   v = s²/2   b > a      it learns slower than it remembers
//   v = s/2    b = a < 1  the joint system, where the noise of θ and of the visits are one
//   v = 1/2    b < a      it remembers slower than it learns: as the base
// ---------------------------------------------------------------------------------------------
// Source: Hu, Doshi, Eun, ICLR 2024, theorem 3.4; the factor of finite n is that of the recursion
// v_{n+1} = (1 − β)² v_n + β² u to first order. b < 1.

#include "algorithms/spectrum.hpp"

namespace cohort {

struct TokenRegime {
  double alpha = 0;
  double memory_exponent = 1;  // a
  double rate_exponent = 1;    // b, below 1
};

/// E‖θ_n − θ*‖² after n hops; `h` [n × d] are the H_i, of Σ π_i H_i = 0.
double token_spread(const ChainModes& modes, const Mat& h, const TokenRegime& regime,
                    std::uint64_t hops);

}  // namespace cohort
