#pragma once
// Epidemic learning: after its local steps every node averages with others that are drawn anew each
// round, so that news spread like a rumour.
//   x_i ← Σ_j w_ij y_j,   y_j ← x_j after K local steps
// -----------------------------------------------------------------------------------------------
// x_i, y_i [d] model before and after the local steps; W = (w_ij) of this round, rows sum to 1.
//   EL-Oracle   [graph] random_regular, degree s, redraw = 1: everybody has the same s others
//   EL-Local    [graph] random_peers, peers s: each node sends to s others, and whoever receives
//               averages what came with its own
// Source: De Vos, Farhadkhani, Guerraoui, Kermarrec, Pires, Sharma, Epidemic learning, NeurIPS
// 2023. A round multiplies the expected consensus distance by (1/(s+1))(1 − s/(N−1)) with the
// oracle, by (1/s)(1 − (1 − s/(N−1))^N) − 1/(N−1) without. With W doubly stochastic it is D-PSGD;
// EL-Local keeps the mean in expectation only. Cost a round: 1 vector an edge; K gradients a node;
// no state but the pipeline's.

#include "algorithms/gossip/d_psgd.hpp"

namespace cohort {

struct EpidemicLearning {
  static constexpr std::string_view name = "epidemic_learning";
  static constexpr std::string_view summary = "local steps, averaged with peers drawn each round";
  static constexpr std::string_view source = "De Vos et al., NeurIPS 2023";
  struct Options : LocalSteps {
    static void declare(OptionTable<Options>& t) { LocalSteps::declare(t); }
  };
  using NodeState = NoState;
  Options options;

  GossipNeeds needs() const { return {.oracle = {Query::gradient}, .mixing = MixingNeeds::rows}; }
  std::vector<Phase> phases(const Layout& layout) const { return one_exchange(layout, {"x"}); }
  void share(const NodeContext& node, VecRef x, NodeState&, Oracle& oracle, Reply& out) const {
    adapt(node, options.work(), oracle, x, out.values("x"));
  }
  void step(const NodeContext&, VecRef x, NodeState&, Oracle&, const Neighbours& neighbours) const {
    neighbours.mixed("x", x);
  }
};

}  // namespace cohort
