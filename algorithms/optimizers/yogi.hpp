#pragma once
// Yogi: Adam whose second moment moves by at most (1 − β₂) g² a step, so that a large gradient is
// not forgotten quickly.
//   m ← β₁ m + (1 − β₁) g          v ← v − (1 − β₂) sign(v − g²) g²
//   w ← w − η m / (√v + ε)
// -----------------------------------------------------------------------------------------------
// w, g, m, v [d] model, surrogate and its moments, m = 0 and v = v₀ = initial at the start;
// β₁ = beta1, β₂ = beta2, ε = epsilon, η = learning_rate of the round. No moment is corrected for
// its start.
// Source: Zaheer, Reddi, Sachan, Kale, Kumar, Adaptive methods for nonconvex optimization, NeurIPS
//   2018, algorithm 2. At the server, with ε and v₀ = ε², it is FedYogi (Reddi et al., Adaptive
//   federated optimization, ICLR 2021).
// Cost a step: one pass over four vectors; memory 2 vectors.

#include "algorithms/optimizers/moments.hpp"
#include "algorithms/rate.hpp"

namespace cohort {

struct Yogi {
  static constexpr std::string_view name = "yogi";
  static constexpr std::string_view summary = "Adam with a second moment that moves additively";
  static constexpr std::string_view source = "Zaheer, Reddi, Sachan, Kale, Kumar, NeurIPS 2018";
  struct Options {
    Rate learning_rate = 1e-2;
    double beta1 = 0.9;
    double beta2 = 0.999;
    double epsilon = 1e-3;
    double initial = 1e-6;
    static void declare(OptionTable<Options>& t) {
      t.add("learning_rate", &Options::learning_rate, rate_bounds, "largest step, about");
      t.add("beta1", &Options::beta1, zero_to_below_one, "share of the first moment that is kept");
      t.add("beta2", &Options::beta2, zero_to_below_one, "1 - beta2: pace of the second moment");
      t.add("epsilon", &Options::epsilon, positive, "added to the root of the second moment");
      t.add("initial", &Options::initial, non_negative, "second moment at the start");
    }
  };
  Options options;
  struct Memory {
    Moments moments;
    bool begun = false;
    void start(std::size_t d) {
      moments.start(d);
      begun = false;
    }
    template <class V>
    void fields(V&& visit) {
      moments.fields(visit);
      visit("begun", begun);
    }
  };

  double step(const StepInfo& info, Memory& memory, VecRef w, VecView g, double scale) const {
    const double rate = options.learning_rate.at(info.round);
    if (!memory.begun) memory.moments.v.setConstant(options.initial);
    memory.begun = true;
    in_pieces(w, g, memory.moments, scale, [&](auto x, auto gradient, auto m, auto v) {
      const auto square = gradient.square();
      m = options.beta1 * m + (1 - options.beta1) * gradient;
      v -= (1 - options.beta2) * (v - square).sign() * square;
      x -= rate * m / (v.sqrt() + options.epsilon);
    });
    return rate;
  }
};

}  // namespace cohort
