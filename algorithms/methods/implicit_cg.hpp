#pragma once
// Implicit differentiation with the linear system solved by conjugate gradient.
//   as algorithms/implicit_steps.hpp has it, v from 0 by at most J products, until
//   ‖g_yy v − f_y‖ ≤ tolerance ‖f_y‖
// -----------------------------------------------------------------------------------------------
// Source: Pedregosa, Hyperparameter optimization with approximate gradient, ICML 2016, with a fixed
//   number of steps on y in place of a falling tolerance.
// J ≥ n makes v exact, but for rounding; then the hypergradient's error is that of y. On samples
// the products are of different matrices, and conjugate gradient has no theory.

#include "algorithms/implicit_steps.hpp"

namespace cohort {

struct ImplicitCgBox {
  static constexpr std::string_view name = "implicit_cg";
  static constexpr std::string_view summary = "implicit differentiation by conjugate gradient";
  static constexpr std::string_view source = "Pedregosa, ICML 2016";
  struct Options : TwoLevelWork {
    std::uint64_t inner_steps = 10;
    std::uint64_t solver_steps = 20;
    double tolerance = 1e-10;
    static void declare(OptionTable<Options>& t) {
      t.add("inner_steps", &Options::inner_steps, at_least(1), "T, on y before each on x");
      t.add("solver_steps", &Options::solver_steps, at_least(1), "J, products a round at most");
      t.add("tolerance", &Options::tolerance, zero_to_below_one, "of the residual, relative");
      TwoLevelWork::declare(t);
    }
  };
  using Solver = ConjugateGradient;
  static void prepare(Solver& solver, const Options& options, const ServerContext&) {
    solver.steps = options.solver_steps;
    solver.tolerance = options.tolerance;
  }
};
using ImplicitCg = ImplicitRounds<ImplicitCgBox>;

}  // namespace cohort
