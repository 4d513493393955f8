#pragma once
// RMSProp: a step divided by the root of the running mean square of the gradients.
//   v ← ρ v + (1 − ρ) g²
//   w ← w − η g / (√v + ε)
// -----------------------------------------------------------------------------------------------
// w, g, v [d] model, surrogate and its mean square, v = 0 at the start; ρ = rho, ε = epsilon,
// η = learning_rate of the round.
// Source: Tieleman, Hinton, Lecture 6.5 of Neural networks for machine learning, 2012.
// Cost a step: one pass over three vectors; memory 1 vector.

#include "algorithms/pipeline.hpp"
#include "algorithms/rate.hpp"

namespace cohort {

struct RmsProp {
  static constexpr std::string_view name = "rmsprop";
  static constexpr std::string_view summary = "steps scaled by the running root mean square";
  static constexpr std::string_view source = "Tieleman, Hinton, lecture 6.5, 2012";
  struct Options {
    Rate learning_rate = 1e-3;
    double rho = 0.9;
    double epsilon = 1e-8;
    static void declare(OptionTable<Options>& t) {
      t.add("learning_rate", &Options::learning_rate, rate_bounds, "length of a step, about");
      t.add("rho", &Options::rho, zero_to_below_one, "share of the mean square that is kept");
      t.add("epsilon", &Options::epsilon, positive, "added to the root");
    }
  };
  Options options;
  struct Memory {
    Vec v;  // [d]
    void start(std::size_t d) { v.setZero(static_cast<Index>(d)); }
    template <class V>
    void fields(V&& visit) {
      visit("v", v);
    }
  };

  double step(const StepInfo& info, Memory& memory, VecRef w, VecView g, double scale) const {
    const double rate = options.learning_rate.at(info.round);
    const double keep = options.rho, take = 1 - options.rho;
    for (Index j = 0; j < w.size(); ++j) {
      const double gradient = scale * g[j];
      memory.v[j] = keep * memory.v[j] + take * (gradient * gradient);
      w[j] -= rate * gradient / (std::sqrt(memory.v[j]) + options.epsilon);
    }
    return rate;
  }
};

}  // namespace cohort
