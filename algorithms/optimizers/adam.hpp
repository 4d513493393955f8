#pragma once
// Adam: a step whose length a coordinate adapts to the size of its gradients.
//   m ← β₁ m + (1 − β₁) g          v ← β₂ v + (1 − β₂) g²
//   w ← w − η m̂ / (√v̂ + ε)         m̂ = m/(1 − β₁ᵗ), v̂ = v/(1 − β₂ᵗ)
// -----------------------------------------------------------------------------------------------
// w, g, m, v [d] model, surrogate and its moments, m = v = 0 at the start; t = 1, 2, … the step
// since then; β₁ = beta1, β₂ = beta2, ε = epsilon, η = learning_rate of the round. Without
// bias_correction m̂ = m and v̂ = v: at the server that is FedAdam (Reddi et al., Adaptive federated
// optimization, ICLR 2021).
// Source: Kingma, Ba, Adam: a method for stochastic optimization, ICLR 2015, algorithm 1.
// Cost a step: one pass over four vectors; memory 2 vectors.

#include "algorithms/optimizers/moments.hpp"
#include "algorithms/rate.hpp"

namespace cohort {

struct Adam {
  static constexpr std::string_view name = "adam";
  static constexpr std::string_view summary = "steps scaled by running moments of the gradient";
  static constexpr std::string_view source = "Kingma, Ba, ICLR 2015";
  struct Options {
    Rate learning_rate = 1e-3;
    double beta1 = 0.9;
    double beta2 = 0.999;
    double epsilon = 1e-8;
    bool bias_correction = true;
    template <class O>  // AdamW has these, and more
    static void declare(OptionTable<O>& t) {
      t.add("learning_rate", &O::learning_rate, rate_bounds, "largest step, about");
      t.add("beta1", &O::beta1, zero_to_below_one, "share of the first moment that is kept");
      t.add("beta2", &O::beta2, zero_to_below_one, "share of the second moment that is kept");
      t.add("epsilon", &O::epsilon, positive, "added to the root of the second moment");
      t.add("bias_correction", &O::bias_correction,
            "whether the moments are freed of their zero start; FedAdam goes without");
    }
  };
  Options options;
  using Memory = Moments;

  double step(const StepInfo& info, Moments& memory, VecRef w, VecView g, double scale) const {
    return step(options, 0, info, memory, w, g, scale);
  }

  /// The step with a decay λ, which is AdamW's.
  static double step(const Options& options, double decay, const StepInfo& info, Moments& memory,
                     VecRef w, VecView g, double scale) {
    const double rate = options.learning_rate.at(info.round);
    memory.advance(options.beta1, options.beta2);
    const double first = options.bias_correction ? rate * memory.correction1() : rate;
    const double second = options.bias_correction ? memory.correction2() : 1;
    const double kept = 1 - rate * decay;
    in_pieces(w, g, memory, scale, [&](auto x, auto gradient, auto m, auto v) {
      m = options.beta1 * m + (1 - options.beta1) * gradient;
      v = options.beta2 * v + (1 - options.beta2) * gradient.square();
      x = kept * x - first * m / ((second * v).sqrt() + options.epsilon);
    });
    return rate;
  }
};

}  // namespace cohort
