#pragma once
// Momentum: a surrogate that remembers those before it.
//   v ← β v + (1 − τ) g
//   g ← v, or with nesterov  g ← (1 − τ) g + β v
// -----------------------------------------------------------------------------------------------
// g, v [d] surrogate and velocity, v = 0 at the start; β = beta, τ = dampening.
// τ = 0 is the heavy ball, whose step grows to η/(1 − β) on a constant g; τ = β is the exponential
// moving average (1 − β) Σ β^k g_{t−k}, whose step stays η. With nesterov and τ = 0, SGD makes
// Nesterov's step, w being the point that he extrapolates to.
// Sources: Polyak, Some methods of speeding up the convergence of iteration methods, USSR Comp.
//   Math. 4 (1964); Nesterov, Soviet Math. Dokl. 27 (1983), in the form of Sutskever, Martens,
//   Dahl, Hinton, ICML 2013. Deviation: PyTorch takes its first v without dampening; here it counts
//   from the first step on. Cost a step: one pass; memory 1 vector.

#include "algorithms/pipeline.hpp"
#include "core/options.hpp"

namespace cohort {

struct Momentum {
  static constexpr std::string_view name = "momentum";
  static constexpr std::string_view summary = "heavy ball, or moving average, of the surrogates";
  static constexpr std::string_view source = "Polyak, USSR Comp. Math. 4 (1964)";
  struct Options {
    double beta = 0.9;
    double dampening = 0.0;
    bool nesterov = false;
    static void declare(OptionTable<Options>& t) {
      t.add("beta", &Options::beta, zero_to_below_one, "share of the velocity that is kept");
      t.add("dampening", &Options::dampening, zero_to_below_one,
            "a new surrogate counts 1 - dampening; equal to beta: a moving average");
      t.add("nesterov", &Options::nesterov, "whether the surrogate looks one step ahead");
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

  void apply(const StepInfo&, Memory& memory, VecView, VecRef g) const {
    const double keep = options.beta, take = 1.0 - options.dampening;
    double* v = memory.v.data();
    double* out = g.data();
    for (Index j = 0; j < g.size(); ++j) {
      const double taken = take * out[j];
      v[j] = keep * v[j] + taken;
      out[j] = options.nesterov ? taken + keep * v[j] : v[j];
    }
  }
};

}  // namespace cohort
