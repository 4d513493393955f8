#pragma once
// NAdam: Adam that looks one step of its momentum ahead.
//   m ← β₁ m + (1 − β₁) g          v ← β₂ v + (1 − β₂) g²
//   w ← w − η (β₁ m/(1 − β₁ᵗ⁺¹) + (1 − β₁) g/(1 − β₁ᵗ)) / (√v̂ + ε)        v̂ = v/(1 − β₂ᵗ)
// -----------------------------------------------------------------------------------------------
// w, g, m, v [d] and the rest as for adam; t = 1, 2, … the step.
// Source: Dozat, Incorporating Nesterov momentum into Adam, ICLR 2016 workshop, algorithm 8 with a
//   constant β₁ (frameworks that let β₁ rise from step to step differ).
// Cost a step: one pass over four vectors; memory 2 vectors.

#include "algorithms/optimizers/adam.hpp"

namespace cohort {

struct NAdam {
  static constexpr std::string_view name = "nadam";
  static constexpr std::string_view summary = "Adam with Nesterov's look ahead";
  static constexpr std::string_view source = "Dozat, ICLR 2016 workshop";
  using Options = Adam::Options;
  Options options;
  using Memory = Moments;

  double step(const StepInfo& info, Moments& memory, VecRef w, VecView g, double scale) const {
    const double rate = options.learning_rate.at(info.round);
    memory.advance(options.beta1, options.beta2);
    const double second = memory.correction2();
    const double of_m = rate * options.beta1 / (1 - memory.power1 * options.beta1);
    const double of_g = rate * (1 - options.beta1) * memory.correction1();
    in_pieces(w, g, memory, scale, [&](auto x, auto gradient, auto m, auto v) {
      m = options.beta1 * m + (1 - options.beta1) * gradient;
      v = options.beta2 * v + (1 - options.beta2) * gradient.square();
      x -= (of_m * m + of_g * gradient) / ((second * v).sqrt() + options.epsilon);
    });
    return rate;
  }
};

}  // namespace cohort
