#pragma once
// Stochastic gradient push: nodes send shares of what they have along directed edges, and of a mass
// that says how much of it they hold.
//   y_j ← u_j − η g_j(x_j)
//   u_i ← Σ_j w_ij y_j        m_i ← Σ_j w_ij m_j        x_i ← u_i / m_i
// -----------------------------------------------------------------------------------------------
// x_i [d] model, at which gradients are taken; u_i [d] numerator, m_i mass, 1 at the start; W =
// (w_ij) with columns that sum to 1: node j keeps w_jj and sends node i the share w_ij.
// Source: Assran, Loizou, Ballas, Rabbat, Stochastic gradient push for distributed deep learning,
//   ICML 2019, algorithm 1.
// Invariants: Σ m_i = N; Σ u_i moves by the local steps alone.
// Works on directed graphs, which D-PSGD does not; with a doubly stochastic W it is D-PSGD.
// Cost a round: 1 vector and 1 number an edge; 1 gradient; state 1 vector.

#include "algorithms/decentralized.hpp"

namespace cohort {

struct PushSum {
  static constexpr std::string_view name = "push_sum";
  static constexpr std::string_view summary = "gradient push over directed edges";
  static constexpr std::string_view source = "Assran et al., ICML 2019";
  struct Options : OneGradient {
    static void declare(OptionTable<Options>& t) { OneGradient::declare(t); }
  };
  struct NodeState {
    Vec numerator;  // [d]; empty at the start, when it is x
    double mass = 1;
    template <class V>
    void fields(V&& v) {
      v("numerator", numerator);
      v("mass", mass);
    }
  };
  Options options;

  GossipNeeds needs() const {
    return {.oracle = {Query::gradient}, .mixing = MixingNeeds::columns};
  }
  std::vector<Phase> phases(const Layout& layout) const {
    auto phases = one_exchange(layout, {"u", "mass"});
    BlockSpec& mass = phases.front().up.back();
    mass.form = Form::scalars;
    mass.length = 1;
    return phases;
  }

  void share(const NodeContext& node, VecRef x, NodeState& state, Oracle& oracle,
             Reply& out) const {
    auto y = out.values("u");
    if (state.numerator.size() == 0) {
      y = x;
    } else {
      y = state.numerator;
    }
    LocalLoop loop = node.loop(options.work(), oracle, node.layout());
    Vec& g = node.buffer(0);
    g.resize(x.size());
    gradient_of(loop, x, g);
    loop.step(y, g, 1.0);
    out.values("mass")[0] = state.mass;
  }
  void step(const NodeContext&, VecRef x, NodeState& state, Oracle&,
            const Neighbours& neighbours) const {
    state.numerator.resize(x.size());
    neighbours.mixed("u", state.numerator);
    Vec mass(1);
    neighbours.mixed("mass", mass);
    state.mass = mass[0];
    x = state.numerator / state.mass;
  }
};

}  // namespace cohort
