#pragma once
// Markov-chain gradient descent: random-walk SGD whose model is the mean of where it has been,
// weighted by the rates of the steps from there.
//   s ← s + η,  x ← x + (η/s)(y − x),  y ← y − η (p_i/π_i) g_i(y)
// -----------------------------------------------------------------------------------------------
// x, y [d] mean and iterate; η the sum of the rates of a visit's steps; s their sum so far.
// Source: Sun, Sun, Yin, On Markov chain gradient descent, NeurIPS 2018, algorithm 1 and theorem 1:
//   with rates h^−q, ½ < q < 1, on convex f the gap of x is O(max(1, 1/ln(1/λ_2))/h^{1−q}), of any
//   finite chain, reversible or not. Deviations: weights p_i/π_i, where it minimises Σ π_i f_i; its
//   projection is that of the optimizer in use.
// The iterate is that of random_walk_sgd, to the bit.
// Cost a visit: K gradients and 2 passes. Cost a hop: 2 vectors.

#include "algorithms/token.hpp"
#include "core/kernels.hpp"

namespace cohort {

struct MarkovChainGd {
  static constexpr std::string_view name = "markov_chain_gd";
  static constexpr std::string_view summary = "random-walk SGD, averaged over the walk";
  static constexpr std::string_view source = "Sun, Sun and Yin, NeurIPS 2018";
  struct Options : VisitWork {
    static void declare(OptionTable<Options>& t) { VisitWork::declare(t); }
  };
  struct TokenState {
    Vec iterate;          // y [d]
    double rate_sum = 0;  // s
    static TokenState start(const Layout&, VecView x) { return {x, 0}; }
    template <class V>
    void fields(V&& v) {
      v("iterate", iterate);
      v("rate_sum", rate_sum);
    }
  };
  using NodeState = NoState;
  Options options;

  TokenNeeds needs() const { return {.oracle = {Query::gradient}}; }
  void visit(const VisitContext& at, VecRef x, TokenState& token, NodeState&,
             Oracle& oracle) const {
    Vec& before = at.buffer(1);
    before = token.iterate;
    const double rate = learn(at, options, oracle, token.iterate);
    if (rate <= 0) return;
    token.rate_sum += rate;
    const double share = rate / token.rate_sum;
    kernels::axpby(share, as_span(before), 1.0 - share, as_mutable_span(x));
  }
};

}  // namespace cohort
