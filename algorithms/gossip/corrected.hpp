#pragma once
// What EXTRA and D² have in common: a second-order recursion in the models whose fixed point is the
// optimum. In round k, with the local step s_i = −η g_i(x_i) and x⁻, s⁻ those of the round before,
// node i shares a combination of x, x⁻, s and s⁻ and steps from what its neighbours shared.
//
// Invariant: Σ x_i = Σ (x_i⁻ + s_i⁻), so the mean makes gradient descent steps.

#include "algorithms/decentralized.hpp"

namespace cohort {

struct CorrectedState {
  Vec model;       // [d] x_i⁻; empty at the start
  Vec local_step;  // [d] s_i⁻
  template <class V>
  void fields(V&& v) {
    v("model", model);
    v("local_step", local_step);
  }
  bool at_start() const { return model.size() == 0; }
};

/// s ← −η g_i(x), by the local optimizer, which is sgd.
inline void local_step(const NodeContext& node, const OneGradient& options, Oracle& oracle,
                       VecView x, VecRef s) {
  LocalLoop loop = node.loop(options.work(), oracle, node.layout());
  Vec& g = node.buffer(0);
  g.resize(x.size());
  gradient_of(loop, x, g);
  s.setZero();
  loop.step(s, g, 1.0);
}

}  // namespace cohort
