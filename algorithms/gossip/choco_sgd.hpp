#pragma once
// CHOCO-SGD: gossip of compressed differences to public copies of the models. Every node keeps x̂_i,
// what its neighbours know of it, and moves towards their copies as far as its own copy is off.
//   y_i ← x_i after K local steps
//   q_i = C(y_i − x̂_i)                    the only thing that is sent
//   x̂_i ← x̂_i + q_i,   s_i ← s_i + Σ_j w_ij q_j,   x_i ← y_i + γ (s_i − x̂_i)
// -----------------------------------------------------------------------------------------------
// x_i, y_i, x̂_i [d] model, model after the local steps, public copy; s_i = Σ_j w_ij x̂_j [d]; x̂_i
// and s_i zero at the start; W = (w_ij) doubly stochastic, the same in every round; C the
// compressor of [method.update], contractive with δ; γ the consensus rate.
// Invariants: mean x_i moves by the mean of the local steps alone; s_i = Σ_j w_ij x̂_j.
// Source: Koloskova, Stich, Jaggi, Decentralized stochastic optimization and gossip algorithms with
//   compressed communication, ICML 2019, algorithm 2; s_i in place of the neighbours' copies as in
//   their algorithm 5. Their released convex code mixes the copies of the round before and
//   compresses afterwards; here it is as in the paper.
// Without local steps (CHOCO-Gossip) e = Σ ‖x_i − x̄‖² + ‖x_i − x̂_i‖² falls by 1 − ρ²δ/82 a round
// for γ = ρ²δ / (16ρ + ρ² + 4β² + 2ρβ² − 8ρδ), ρ the spectral gap, β = ‖I − W‖₂ (theorem 2, in
// expectation); much larger γ work in practice. With C = identity and γ = 1 it is D-PSGD
// (adapt_then_combine), to rounding.
// Cost a round: 1 compressed vector an edge and direction; K gradients a node; state 2 vectors.

#include "algorithms/gossip/d_psgd.hpp"

namespace cohort {

struct ChocoSgd {
  static constexpr std::string_view name = "choco_sgd";
  static constexpr std::string_view summary = "gossip of compressed differences to public copies";
  static constexpr std::string_view source = "Koloskova, Stich, Jaggi, ICML 2019";
  struct Options : LocalSteps {
    std::optional<double> consensus_rate;
    static void declare(OptionTable<Options>& t) {
      t.add("consensus_rate", &Options::consensus_rate, Bounds{0, 1, true, false},
            "how far a node moves towards its neighbours' copies; 1 if nothing is compressed, the "
            "smaller the coarser the compressor");
      LocalSteps::declare(t);
    }
  };
  struct NodeState {
    Vec copy;   // [d] x̂_i
    Vec mixed;  // [d] s_i
    static NodeState start(const Layout& layout) {
      const Vec zero = Vec::Zero(static_cast<Index>(layout.shared()));
      return {zero, zero};
    }
    template <class V>
    void fields(V&& v) {
      v("copy", copy);
      v("mixed", mixed);
    }
  };
  Options options;

  GossipNeeds needs() const {
    return {
        .oracle = {Query::gradient}, .fixed_graph = true, .compression = Compression::contractive};
  }
  void validate(const LocalPipeline&, const ConfigNode& given, const std::string& path,
                Mistakes& mistakes) const {
    if (options.consensus_rate) return;
    mistakes.add(given.spot, path +
                                 ": expected consensus_rate, in (0, 1]: 1 without a compressor, "
                                 "to be tuned with one");
  }
  std::vector<Phase> phases(const Layout& layout) const {
    std::vector<Phase> phases = one_exchange(layout, {"difference"});
    phases.front().up.front().is_compressed = true;
    return phases;
  }

  void share(const NodeContext& node, VecRef x, NodeState& state, Oracle& oracle,
             Reply& out) const {
    Vec& y = node.buffer(1);
    y.resize(x.size());
    adapt(node, options.work(), oracle, x, y);
    x = y;
    out.values("difference") = y - state.copy;
  }
  void step(const NodeContext& node, VecRef x, NodeState& state, Oracle&,
            const Neighbours& neighbours) const {
    neighbours.own("difference").add_to(1.0, as_mutable_span(state.copy));
    Vec& mixed = node.buffer(1);
    mixed.resize(x.size());
    neighbours.mixed("difference", mixed);
    state.mixed += mixed;
    x += *options.consensus_rate * (state.mixed - state.copy);
  }
};

}  // namespace cohort
