#pragma once
// SGD: a step along the surrogate.
//   w ← w − η g
// -----------------------------------------------------------------------------------------------
// w, g [d] model and surrogate; η = learning_rate of the round.
// Source: Robbins, Monro, A stochastic approximation method, Ann. Math. Stat. 22 (1951).
// Cost a step: one pass, the scale of the stages before it folded in.

#include "algorithms/pipeline.hpp"
#include "algorithms/rate.hpp"

namespace cohort {

struct Sgd {
  static constexpr std::string_view name = "sgd";
  static constexpr std::string_view summary = "a step along the surrogate";
  static constexpr std::string_view source = "Robbins, Monro, Ann. Math. Stat. 22 (1951)";
  struct Options {
    Rate learning_rate = 0.1;
    static void declare(OptionTable<Options>& t) {
      t.add("learning_rate", &Options::learning_rate, rate_bounds, "length of a step");
    }
  };
  Options options;

  double step(const StepInfo& info, NoState, VecRef w, VecView g, double scale) const {
    const double rate = options.learning_rate.at(info.round);
    kernels::axpy(-rate * scale, as_span(g), as_mutable_span(w));
    return rate;
  }
};

}  // namespace cohort
