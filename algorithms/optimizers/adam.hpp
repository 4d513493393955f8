#pragma once
// Adam: a step whose length a coordinate adapts to the size of its gradients.
//   m ← β₁ m + (1 − β₁) g          v ← β₂ v + (1 − β₂) g²
//   w ← w − η m̂ / (√v̂ + ε)         m̂ = m/(1 − β₁ᵗ), v̂ = v/(1 − β₂ᵗ)
// -----------------------------------------------------------------------------------------------
// w, g, m, v [d] model, surrogate and its moments, m = v = 0 at the start; t = 1, 2, … the step
// since then; β₁ = beta1, β₂ = beta2, ε = epsilon, η = learning_rate of the round.
// Source: Kingma, Ba, Adam: a method for stochastic optimization, ICLR 2015, algorithm 1.
// Cost a step: one pass over four vectors; memory 2 vectors.

#include "algorithms/pipeline.hpp"
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
    static void declare(OptionTable<Options>& t) {
      t.add("learning_rate", &Options::learning_rate, rate_bounds, "largest step, about");
      t.add("beta1", &Options::beta1, zero_to_below_one, "share of the first moment that is kept");
      t.add("beta2", &Options::beta2, zero_to_below_one, "share of the second moment that is kept");
      t.add("epsilon", &Options::epsilon, positive, "added to the root of the second moment");
    }
  };
  Options options;
  struct Memory {
    Vec m, v;                       // [d]
    double power1 = 1, power2 = 1;  // β₁ᵗ, β₂ᵗ
    void start(std::size_t d) {
      m.setZero(static_cast<Index>(d));
      v.setZero(static_cast<Index>(d));
      power1 = power2 = 1;
    }
    template <class V>
    void fields(V&& visit) {
      visit("m", m);
      visit("v", v);
      visit("power1", power1);
      visit("power2", power2);
    }
  };

  void step(const StepInfo& info, Memory& memory, VecRef w, VecView g, double scale) const {
    const double b1 = options.beta1, b2 = options.beta2;
    memory.power1 *= b1;
    memory.power2 *= b2;
    const double rate = learning_rate(info) / (1 - memory.power1);
    const double correction = 1 / (1 - memory.power2);
    // In pieces that stay in the cache, so that memory is passed over once.
    constexpr Index piece = 512;
    for (Index first = 0; first < w.size(); first += piece) {
      const Index n = std::min(piece, w.size() - first);
      const Eigen::Map<const Eigen::ArrayXd> gradient(g.data() + first, n);
      Eigen::Map<Eigen::ArrayXd> m(memory.m.data() + first, n), v(memory.v.data() + first, n);
      Eigen::Map<Eigen::ArrayXd> model(w.data() + first, n);
      m = b1 * m + (1 - b1) * (scale * gradient);
      v = b2 * v + (1 - b2) * (scale * gradient).square();
      model -= rate * m / ((correction * v).sqrt() + options.epsilon);
    }
  }
  double learning_rate(const StepInfo& info) const { return options.learning_rate.at(info.round); }
};

}  // namespace cohort
