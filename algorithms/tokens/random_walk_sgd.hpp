#pragma once
// Random-walk SGD: the token takes steps on the rows of every node that it visits.
//   x ← x − β_h (p_i/π_i) g_i(x)      at node i = node after hop h, K times
// -----------------------------------------------------------------------------------------------
// x [d] model; g_i [d] surrogate gradient of the local pipeline; β_h its rate at hop h; π the
// stationary law of the kernel.
// Sources: Ayache, El Rouayheb, Private weighted random walk stochastic gradient descent, IEEE J.
//   Sel. Areas Inf. Theory 2 (2021): weights (L̄/L_i for visits by π ∝ L_i). Hu, Doshi, Eun,
//   Accelerating distributed stochastic optimization via self-repellent random walks, ICLR 2024:
//   on the kernel srrw this is SA-SRRW, with rates β_h = h^−b and the kernel's γ_h = h^−a. Its
//   three regimes are b > a, where the variance falls as 1/α², b = a, as 1/α, and b < a, not at
//   all.
// Several tokens walk alone; the run's model is their mean, of a variance that is 1/M of one's.
// Transforms and optimizer remember with the token and travel with it, the estimator with the node.
// Cost a visit: K gradients on batches. Cost a hop: 1 vector and what the pipeline remembers.

#include "algorithms/token.hpp"

namespace cohort {

struct RandomWalkSgd {
  static constexpr std::string_view name = "random_walk_sgd";
  static constexpr std::string_view summary = "steps on the rows of every node that it visits";
  static constexpr std::string_view source =
      "Ayache and El Rouayheb, IEEE JSAIT 2 (2021); Hu, Doshi and Eun, ICLR 2024";
  struct Options : VisitWork {
    static void declare(OptionTable<Options>& t) { VisitWork::declare(t); }
  };
  using TokenState = NoState;
  using NodeState = NoState;
  Options options;

  TokenNeeds needs() const { return {.oracle = {Query::gradient}}; }
  void visit(const VisitContext& at, VecRef x, TokenState&, NodeState&, Oracle& oracle) const {
    learn(at, options, oracle, x);
  }
};

}  // namespace cohort
