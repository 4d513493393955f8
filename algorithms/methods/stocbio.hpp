#pragma once
// stocBiO: implicit differentiation with the linear system solved by a Neumann series.
//   as algorithms/implicit_steps.hpp has it, v = α Σ_{j ≤ J} (I − α g_yy)^j f_y
// -----------------------------------------------------------------------------------------------
// Source: Ji, Yang, Liang, Bilevel optimization: convergence analysis and enhanced design, ICML
// 2021,
//   algorithm 2. With all rows it is AID with a Neumann series. Deviation: new samples in each
//   product, where the paper lets their sizes grow.
// α < 2/L_g; the error of v is (1 − αμ_g)^{J+1} ‖g_yy⁻¹ f_y‖ at most. At y* it is, term by term,
// the derivative of J + 1 unrolled steps of rate α on y.

#include "algorithms/implicit_steps.hpp"

namespace cohort {

struct StocBioBox {
  static constexpr std::string_view name = "stocbio";
  static constexpr std::string_view summary = "implicit differentiation by a Neumann series";
  static constexpr std::string_view source = "Ji et al., ICML 2021";
  struct Options : TwoLevelWork {
    std::uint64_t inner_steps = 10;
    std::uint64_t solver_steps = 10;
    double solver_rate = 0.1;
    static void declare(OptionTable<Options>& t) {
      t.add("inner_steps", &Options::inner_steps, at_least(1), "T, on y before each on x");
      t.add("solver_steps", &Options::solver_steps, non_negative, "J, products a round");
      t.add("solver_rate", &Options::solver_rate, positive, "α, below 2/L_g");
      TwoLevelWork::declare(t);
    }
  };
  using Solver = NeumannSeries;
  static void prepare(Solver& solver, const Options& options, const ServerContext&) {
    solver.step = options.solver_rate;
    solver.terms = options.solver_steps;
  }
};
using StocBio = ImplicitRounds<StocBioBox>;

}  // namespace cohort
