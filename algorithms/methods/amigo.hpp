#pragma once
// AmIGO: several warm-started steps on y and on the linear system, then one on x.
//   as algorithms/implicit_steps.hpp has it, and from the v of the last round
//   J times   v ← v − ρ (g_yy v − f_y)
// -----------------------------------------------------------------------------------------------
// Source: Arbel, Mairal, Amortized implicit differentiation for stochastic bilevel optimization,
//   ICLR 2022, algorithm 1, with plain steps on both inner problems.
// Warm starts keep T and J bounded where a cold start needs a logarithm of the accuracy.

#include "algorithms/implicit_steps.hpp"

namespace cohort {

struct AmigoBox {
  static constexpr std::string_view name = "amigo";
  static constexpr std::string_view summary = "warm-started steps on y and on the linear system";
  static constexpr std::string_view source = "Arbel, Mairal, ICLR 2022";
  struct Options : TwoLevelWork {
    std::uint64_t inner_steps = 10;
    std::uint64_t solver_steps = 10;
    double solver_rate = 0.1;
    static void declare(OptionTable<Options>& t) {
      t.add("inner_steps", &Options::inner_steps, at_least(1), "T, on y before each on x");
      t.add("solver_steps", &Options::solver_steps, at_least(1), "J, products a round");
      t.add("solver_rate", &Options::solver_rate, positive, "ρ, below 2/L_g");
      TwoLevelWork::declare(t);
    }
  };
  using Solver = WarmDescent;
  static void prepare(Solver& solver, const Options& options, const ServerContext&) {
    solver.step = options.solver_rate;
    solver.steps = options.solver_steps;
  }
};
using Amigo = ImplicitRounds<AmigoBox>;

}  // namespace cohort
