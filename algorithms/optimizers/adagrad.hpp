#pragma once
// Adagrad: a step divided by the root of the sum of the squared gradients so far.
//   s ← s + g²
//   w ← w − η g / (√s + ε)
// -----------------------------------------------------------------------------------------------
// w, g, s [d] model, surrogate and its sum of squares, s = 0 at the start; ε = epsilon,
// η = learning_rate of the round. On a constant g step t has length η/√t.
// Source: Duchi, Hazan, Singer, Adaptive subgradient methods, JMLR 12 (2011), diagonal form.
// Cost a step: one pass over three vectors; memory 1 vector.

#include "algorithms/pipeline.hpp"
#include "algorithms/rate.hpp"

namespace cohort {

struct Adagrad {
  static constexpr std::string_view name = "adagrad";
  static constexpr std::string_view summary = "steps scaled by the root of all squared gradients";
  static constexpr std::string_view source = "Duchi, Hazan, Singer, JMLR 12 (2011)";
  struct Options {
    Rate learning_rate = 1e-2;
    double epsilon = 1e-10;
    static void declare(OptionTable<Options>& t) {
      t.add("learning_rate", &Options::learning_rate, rate_bounds, "length of the first step");
      t.add("epsilon", &Options::epsilon, positive, "added to the root");
    }
  };
  Options options;
  struct Memory {
    Vec s;  // [d]
    void start(std::size_t d) { s.setZero(static_cast<Index>(d)); }
    template <class V>
    void fields(V&& visit) {
      visit("s", s);
    }
  };

  double step(const StepInfo& info, Memory& memory, VecRef w, VecView g, double scale) const {
    const double rate = options.learning_rate.at(info.round);
    for (Index j = 0; j < w.size(); ++j) {
      const double gradient = scale * g[j];
      memory.s[j] += gradient * gradient;
      w[j] -= rate * gradient / (std::sqrt(memory.s[j]) + options.epsilon);
    }
    return rate;
  }
};

}  // namespace cohort
