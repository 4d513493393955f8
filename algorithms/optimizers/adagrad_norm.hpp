#pragma once
// AdaGrad-Norm: SGD with one rate, divided by the root of all squared gradient norms.
//   b² ← b² + ‖g‖²
//   w ← w − (η/b) g
// -----------------------------------------------------------------------------------------------
// w, g [d] model and surrogate; b = initial at the start; η = learning_rate of the round. No step
// is longer than η, and no constant of the function has to be known.
// Source: Ward, Wu, Bottou, AdaGrad stepsizes: sharp convergence over nonconvex landscapes, JMLR 21
//   (2020), algorithm 1.
// Cost a step: two passes; memory 1 number.

#include "algorithms/pipeline.hpp"
#include "algorithms/rate.hpp"

namespace cohort {

struct AdaGradNorm {
  static constexpr std::string_view name = "adagrad_norm";
  static constexpr std::string_view summary = "one rate, from all gradient norms so far";
  static constexpr std::string_view source = "Ward, Wu, Bottou, JMLR 21 (2020)";
  struct Options {
    Rate learning_rate = 1.0;
    double initial = 1e-2;
    static void declare(OptionTable<Options>& t) {
      t.add("learning_rate", &Options::learning_rate, rate_bounds, "η: no step is longer");
      t.add("initial", &Options::initial, positive, "b at the start");
    }
  };
  Options options;
  struct Memory {
    double squares = 0;  // Σ ‖g‖²
    void start(std::size_t) { squares = 0; }
    template <class V>
    void fields(V&& visit) {
      visit("squares", squares);
    }
  };

  double step(const StepInfo& info, Memory& memory, VecRef w, VecView g, double scale) const {
    memory.squares += scale * scale * kernels::squared_norm(as_span(g));
    const double b = std::sqrt(options.initial * options.initial + memory.squares);
    const double rate = options.learning_rate.at(info.round) / b;
    kernels::axpy(-rate * scale, as_span(g), as_mutable_span(w));
    return rate;
  }
};

}  // namespace cohort
