#pragma once
// EXTRA: decentralized gradient descent whose error of the round before is taken back.
//   first round   x_i ← Σ_j w_ij x_j + s_i
//   then          x_i ← Σ_j w̃_ij (2 x_j − x_j⁻) + s_i − s_i⁻,   W̃ = ½(I + W)
// -----------------------------------------------------------------------------------------------
// x_i, x_i⁻ [d] model now and a round before; s_i = −η g_i(x_i), s_i⁻ [d] local steps; W symmetric
// and doubly stochastic.
// Source: Shi, Ling, Wu, Yin, EXTRA: an exact first-order algorithm for decentralized consensus
//   optimization, SIAM J. Optim. 25 (2015), algorithm 1 with W̃ = ½(I + W).
// Invariant: Σ x_i = Σ (x_i⁻ + s_i⁻).
// Converges to the minimiser for a constant η < 2 λ_min(W̃)/L, linearly if f is strongly convex.
// Cost a round: 1 vector an edge and direction; 1 gradient; state 2 vectors.

#include "algorithms/gossip/corrected.hpp"

namespace cohort {

struct Extra {
  static constexpr std::string_view name = "extra";
  static constexpr std::string_view summary = "gossip that takes its error of a round before back";
  static constexpr std::string_view source = "Shi et al., SIAM J. Optimization 25 (2015)";
  struct Options : OneGradient {
    static void declare(OptionTable<Options>& t) { OneGradient::declare(t); }
  };
  using NodeState = CorrectedState;
  Options options;

  GossipNeeds needs() const { return {.oracle = {Query::gradient}, .fixed_graph = true}; }
  void validate(const LocalPipeline& local, const ConfigNode& given, const std::string& path,
                Mistakes& mistakes) const {
    refuse_other_than_sgd(name, local, given, path, mistakes);
  }
  std::vector<Phase> phases(const Layout& layout) const { return one_exchange(layout, {"v"}); }

  void share(const NodeContext&, VecRef x, NodeState& state, Oracle&, Reply& out) const {
    auto v = out.values("v");
    v = x;
    if (!state.at_start()) v += x - state.model;
  }
  void step(const NodeContext& node, VecRef x, NodeState& state, Oracle& oracle,
            const Neighbours& neighbours) const {
    Vec& mixed = node.buffer(2);
    Vec& s = node.buffer(1);
    s.resize(x.size());
    mixed.resize(x.size());
    local_step(node, options, oracle, x, s);
    neighbours.mixed("v", mixed);
    if (state.at_start()) {
      state.model = x;
      x = mixed + s;
    } else {
      mixed += x + (x - state.model);  // 2 W̃ v
      state.model = x;
      x = 0.5 * mixed + (s - state.local_step);
    }
    state.local_step = s;
  }
};

}  // namespace cohort
