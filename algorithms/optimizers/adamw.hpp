#pragma once
// AdamW: Adam with a decay of the model that does not pass through the moments.
//   m ← β₁ m + (1 − β₁) g          v ← β₂ v + (1 − β₂) g²
//   w ← w − η (m̂ / (√v̂ + ε) + λ w)        m̂ = m/(1 − β₁ᵗ), v̂ = v/(1 − β₂ᵗ)
// -----------------------------------------------------------------------------------------------
// w, g, m, v [d] and the rest as for adam; λ = decay. All coordinates decay, biases too.
// λ = 0 is adam, to the bit. The transform weight_decay adds λw to the surrogate instead, which
// Adam then divides by √v̂.
// Source: Loshchilov, Hutter, Decoupled weight decay regularization, ICLR 2019, algorithm 2 with
//   the schedule multiplier in η.
// Cost a step: one pass over four vectors; memory 2 vectors.

#include "algorithms/optimizers/adam.hpp"

namespace cohort {

struct AdamW {
  static constexpr std::string_view name = "adamw";
  static constexpr std::string_view summary = "Adam with a decay outside of the moments";
  static constexpr std::string_view source = "Loshchilov, Hutter, ICLR 2019";
  struct Options : Adam::Options {
    double decay = 0.01;
    static void declare(OptionTable<Options>& t) {
      Adam::Options::declare(t);
      t.add("decay", &Options::decay, non_negative, "λ: the model shrinks by ηλ a step");
    }
  };
  Options options;
  using Memory = Moments;

  double step(const StepInfo& info, Moments& memory, VecRef w, VecView g, double scale) const {
    return Adam::step(options, options.decay, info, memory, w, g, scale);
  }
};

}  // namespace cohort
