#pragma once
// Lion: the sign of an interpolated momentum.
//   c ← β₁ m + (1 − β₁) g
//   w ← w − η (sign(c) + λ w)
//   m ← β₂ m + (1 − β₂) g
// -----------------------------------------------------------------------------------------------
// w, g, m [d] model, surrogate and momentum, m = 0 at the start; β₁ = beta1, β₂ = beta2, λ = decay,
// η = learning_rate of the round. With λ = 0 every coordinate moves by η where c ≠ 0, whatever the
// scale of g.
// Source: Chen et al., Symbolic discovery of optimization algorithms, NeurIPS 2023, program 1.
// Cost a step: one pass over three vectors; memory 1 vector.

#include "algorithms/pipeline.hpp"
#include "algorithms/rate.hpp"

namespace cohort {

struct Lion {
  static constexpr std::string_view name = "lion";
  static constexpr std::string_view summary = "the sign of an interpolated momentum";
  static constexpr std::string_view source = "Chen et al., NeurIPS 2023";
  struct Options {
    Rate learning_rate = 1e-4;
    double beta1 = 0.9;
    double beta2 = 0.99;
    double decay = 0.0;
    static void declare(OptionTable<Options>& t) {
      t.add("learning_rate", &Options::learning_rate, rate_bounds, "step of every coordinate");
      t.add("beta1", &Options::beta1, zero_to_below_one, "share of the momentum in a step");
      t.add("beta2", &Options::beta2, zero_to_below_one, "share of the momentum that is kept");
      t.add("decay", &Options::decay, non_negative, "λ: the model shrinks by ηλ a step");
    }
  };
  Options options;
  struct Memory {
    Vec m;  // [d]
    void start(std::size_t d) { m.setZero(static_cast<Index>(d)); }
    template <class V>
    void fields(V&& visit) {
      visit("m", m);
    }
  };

  double step(const StepInfo& info, Memory& memory, VecRef w, VecView g, double scale) const {
    const double rate = options.learning_rate.at(info.round);
    for (Index j = 0; j < w.size(); ++j) {
      const double gradient = scale * g[j];
      const double c = options.beta1 * memory.m[j] + (1 - options.beta1) * gradient;
      // 0 · c: a gradient that is not finite shows in the model.
      const double sign = static_cast<double>((c > 0) - (c < 0)) + 0 * c;
      w[j] -= rate * (sign + options.decay * w[j]);
      memory.m[j] = options.beta2 * memory.m[j] + (1 - options.beta2) * gradient;
    }
    return rate;
  }
};

}  // namespace cohort
