#pragma once
// D² and exact diffusion: D-PSGD in which the last round's local step is exchanged for this one's,
// so that what differs between nodes cancels.
//   first round   x_i ← Σ_j w_ij (x_j + s_j)
//   then          x_i ← Σ_j w_ij (2 x_j − x_j⁻ + s_j − s_j⁻)
// -----------------------------------------------------------------------------------------------
// x_i, x_i⁻ [d] model now and a round before; s_i = −η g_i(x_i), s_i⁻ [d] local steps; W symmetric
// and doubly stochastic, or ½(I + W) in its place with lazy = true (exact diffusion).
// Source: Tang, Lian, Yan, Zhang, Liu, D²: decentralized training over decentralized data, ICML
//   2018; Yuan, Ying, Zhao, Sayed, Exact diffusion for distributed optimization and learning, IEEE
//   Trans. Signal Process. 67 (2019).
// Invariant: Σ x_i = Σ (x_i⁻ + s_i⁻).
// Needs λ_min(W) > −1/3, which ½(I + W) always has. Converges to the minimiser for a constant η.
// Cost a round: 1 vector an edge and direction; 1 gradient; state 2 vectors.

#include "algorithms/gossip/corrected.hpp"

namespace cohort {

struct D2 {
  static constexpr std::string_view name = "d2";
  static constexpr std::string_view summary =
      "D-PSGD without the bias of what differs; lazy: exact diffusion";
  static constexpr std::string_view source = "Tang et al., ICML 2018";
  struct Options : OneGradient {
    bool lazy = true;
    static void declare(OptionTable<Options>& t) {
      t.add("lazy", &Options::lazy,
            "whether ½(I + W) mixes (exact diffusion), which any W allows; W itself needs "
            "eigenvalues above -1/3");
      OneGradient::declare(t);
    }
  };
  using NodeState = CorrectedState;
  Options options;

  GossipNeeds needs() const { return {.oracle = {Query::gradient}, .fixed_graph = true}; }
  void validate(const LocalPipeline& local, const ConfigNode& given, const std::string& path,
                Mistakes& mistakes) const {
    refuse_other_than_sgd(name, local, given, path, mistakes);
  }
  std::vector<Phase> phases(const Layout& layout) const { return one_exchange(layout, {"v"}); }

  void share(const NodeContext& node, VecRef x, NodeState& state, Oracle& oracle,
             Reply& out) const {
    auto v = out.values("v");
    Vec& s = node.buffer(1);
    s.resize(x.size());
    local_step(node, options, oracle, x, s);
    v = x + s;
    if (!state.at_start()) v += (x - state.model) - state.local_step;
    state.model = x;
    state.local_step = s;
    x = v;  // for step(), when lazy
  }
  void step(const NodeContext& node, VecRef x, NodeState&, Oracle&,
            const Neighbours& neighbours) const {
    if (!options.lazy) {
      neighbours.mixed("v", x);
      return;
    }
    Vec& mixed = node.buffer(2);
    mixed.resize(x.size());
    neighbours.mixed("v", mixed);
    x = 0.5 * (x + mixed);
  }
};

}  // namespace cohort
