#pragma once
// Gradient tracking: every node follows the mean gradient with a tracker of its own, so that a
// constant rate reaches the optimum. In round k, g_i = ∇f_i(x_i) and g_i⁻ that of the round before:
//   combine_then_adapt (DIGing)   y_i ← s_i + g_i − g_i⁻
//                                 x_i ← Σ_j w_ij x_j − η y_i        s_i ← Σ_j w_ij y_j
//   adapt_then_combine            y_i ← Σ_j w_ij (y_j + g_j − g_j⁻)
//                                 x_i ← Σ_j w_ij (x_j − η y_j)
// -----------------------------------------------------------------------------------------------
// x_i, y_i, s_i, g_i [d] model, tracker, mixed tracker and gradient, s = g⁻ = 0 at the start;
// W = (w_ij) doubly stochastic. The step along y is the local optimizer's.
// Source: Nedić, Olshevsky, Shi, Achieving geometric convergence for distributed optimization over
//   time-varying graphs, SIAM J. Optim. 27 (2017), algorithm DIGing; adapt_then_combine: Xu, Zhu,
//   Soh, Xie, CDC 2015 (Aug-DGM). There the first tracker is ∇f_i(x⁰), here its average as well.
// Invariant: Σ y_i = Σ g_i.
// On smooth and strongly convex f it converges linearly to the minimiser for a small enough η.
// Cost a round: 2 vectors an edge and direction, with adapt_then_combine in two exchanges; 1
// gradient; state 2 vectors.

#include "algorithms/gossip/d_psgd.hpp"

namespace cohort {

struct GradientTracking {
  static constexpr std::string_view name = "gradient_tracking";
  static constexpr std::string_view summary = "steps along a tracker of the mean gradient";
  static constexpr std::string_view source = "Nedić, Olshevsky, Shi, SIAM J. Optim. 27 (2017)";
  struct Options : OneGradient {
    GossipOrder order = GossipOrder::combine_then_adapt;
    static void declare(OptionTable<Options>& t) {
      t.add("order", &Options::order,
            "whether nodes step before they average (in two exchanges), or after (DIGing)");
      OneGradient::declare(t);
    }
  };
  struct NodeState {
    Vec tracker;   // [d] s_i, or y_i with adapt_then_combine; empty at the start
    Vec gradient;  // [d] g_i of the last round
    template <class V>
    void fields(V&& v) {
      v("tracker", tracker);
      v("gradient", gradient);
    }
  };
  Options options;

  GossipNeeds needs() const { return {.oracle = {Query::gradient}}; }
  void validate(const LocalPipeline& local, const ConfigNode& given, const std::string& path,
                Mistakes& mistakes) const {
    if (!local.optimizer->needs_value()) return;
    mistakes.add(given.spot, path + ".local.optimizer: " + std::string(local.optimizer->name()) +
                                 " reads the value of a batch, and a step along a tracker has "
                                 "none; expected another optimizer");
  }
  std::vector<Phase> phases(const Layout& layout) const {
    if (options.order == GossipOrder::combine_then_adapt) return one_exchange(layout, {"x", "y"});
    return {one_exchange(layout, {"y"}).front(), one_exchange(layout, {"x"}).front()};
  }

  void share(const NodeContext& node, VecRef x, NodeState& state, Oracle& oracle,
             Reply& out) const {
    LocalLoop loop = node.loop(options.work(), oracle, node.layout());
    if (node.phase == 0) {
      if (state.tracker.size() == 0) {
        state.tracker = Vec::Zero(x.size());
        state.gradient = Vec::Zero(x.size());
      }
      Vec& g = node.buffer(0);
      g.resize(x.size());
      gradient_of(loop, x, g);
      auto y = out.values("y");
      y = state.tracker + (g - state.gradient);
      state.gradient = g;
      if (options.order == GossipOrder::adapt_then_combine) return;
      out.values("x") = x;
      // Where step() finds it once the others' trackers are mixed in.
      state.tracker = y;
    } else {
      auto z = out.values("x");
      z = x;
      loop.step(z, state.tracker, 1.0);
    }
  }
  void step(const NodeContext& node, VecRef x, NodeState& state, Oracle& oracle,
            const Neighbours& neighbours) const {
    const bool combines_first = options.order == GossipOrder::combine_then_adapt;
    if (combines_first || node.phase == 1) neighbours.mixed("x", x);
    if (combines_first) {
      node.loop(options.work(), oracle, node.layout()).step(x, state.tracker, 1.0);
    }
    if (node.phase == 0) neighbours.mixed("y", state.tracker);
  }
};

}  // namespace cohort
