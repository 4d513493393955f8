#pragma once
// AMSGrad: Adam whose steps never grow again, which makes it converge where Adam does not.
//   m ← β₁ m + (1 − β₁) g          v ← β₂ v + (1 − β₂) g²          v̂ ← max(v̂, v)
//   w ← w − η m / (√v̂ + ε)
// -----------------------------------------------------------------------------------------------
// w, g, m, v, v̂ [d] model, surrogate, its moments and the largest second moment so far, 0 at the
// start; β₁ = beta1, β₂ = beta2, ε = epsilon, η = learning_rate of the round. As in the paper the
// moments are not corrected for their start; deviation: ε, which the paper has not.
// Source: Reddi, Kale, Kumar, On the convergence of Adam and beyond, ICLR 2018, algorithm 2.
// Cost a step: one pass over five vectors; memory 3 vectors.

#include "algorithms/optimizers/moments.hpp"
#include "algorithms/rate.hpp"

namespace cohort {

struct AmsGrad {
  static constexpr std::string_view name = "amsgrad";
  static constexpr std::string_view summary = "Adam with a second moment that never falls";
  static constexpr std::string_view source = "Reddi, Kale, Kumar, ICLR 2018";
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
    Moments moments;
    Vec largest;  // v̂ [d]
    void start(std::size_t d) {
      moments.start(d);
      largest.setZero(static_cast<Index>(d));
    }
    template <class V>
    void fields(V&& visit) {
      moments.fields(visit);
      visit("largest", largest);
    }
  };

  double step(const StepInfo& info, Memory& memory, VecRef w, VecView g, double scale) const {
    const double rate = options.learning_rate.at(info.round);
    double* largest = memory.largest.data();
    in_pieces(w, g, memory.moments, scale, [&](auto x, auto gradient, auto m, auto v) {
      Eigen::Map<Eigen::ArrayXd> top(largest, x.size());
      m = options.beta1 * m + (1 - options.beta1) * gradient;
      v = options.beta2 * v + (1 - options.beta2) * gradient.square();
      top = top.max(v);
      x -= rate * m / (top.sqrt() + options.epsilon);
      largest += x.size();
    });
    return rate;
  }
};

}  // namespace cohort
