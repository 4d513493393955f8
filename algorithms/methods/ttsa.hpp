#pragma once
// TTSA: one step on each level a round, on two time scales, and a randomised Neumann series.
//   as algorithms/implicit_steps.hpp has it with T = 1 and
//   v = N α (I − α g_yy)^p f_y,  p uniform in 0 … N − 1
// -----------------------------------------------------------------------------------------------
// Source: Hong, Wai, Wang, Yang, A two-timescale stochastic algorithm framework for bilevel
//   optimization, SIAM J. Optim. 33 (2023); the estimator of Ghadimi and Wang, 2018. Deviation:
//   their product starts with f_y scaled by 1/L, an α of one choice.
// E v over p is the N-term series of stocbio; the variance is N times larger. The rates fall as
// β_k ~ k^−2/5 and γ_k ~ k^−3/5.

#include "algorithms/implicit_steps.hpp"

namespace cohort {

struct TtsaBox {
  static constexpr std::string_view name = "ttsa";
  static constexpr std::string_view summary = "two time scales with a randomised Neumann series";
  static constexpr std::string_view source = "Hong et al., SIAM J. Optim. 2023";
  struct Options : TwoLevelWork {
    std::uint64_t inner_steps = 1;
    std::uint64_t terms = 10;
    double solver_rate = 0.1;
    Options() {
      lower_rate = Rate(Rate::Schedule(PowerRate{{0.1, 0}, 1, 0.4}));
      upper_rate = Rate(Rate::Schedule(PowerRate{{0.1, 0}, 1, 0.6}));
    }
    static void declare(OptionTable<Options>& t) {
      t.add("inner_steps", &Options::inner_steps, at_least(1), "T, on y before each on x");
      t.add("terms", &Options::terms, at_least(1), "N; p products a round, (N − 1)/2 on average");
      t.add("solver_rate", &Options::solver_rate, positive, "α, below 2/L_g");
      TwoLevelWork::declare(t);
    }
  };
  using Solver = NeumannSeries;
  static void prepare(Solver& solver, const Options& options, const ServerContext& server) {
    Stream stream = server.stream(Purpose::method);
    solver.step = options.solver_rate;
    solver.scale = options.terms;
    solver.terms = stream.below(options.terms);
  }
};
using Ttsa = ImplicitRounds<TtsaBox>;

}  // namespace cohort
