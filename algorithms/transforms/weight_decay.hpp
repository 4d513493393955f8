#pragma once
// Weight decay: the gradient of an l2 penalty is added to the surrogate.
//   g ← g + λ w
// -----------------------------------------------------------------------------------------------
// g, w [d] surrogate and the model that it was taken at; λ = rate.
// Source: Krogh, Hertz, A simple weight decay can improve generalization, NeurIPS 1991.
// It acts on every coordinate, biases too (the option l2 of a model spares them), and what comes
// after it in the chain and in the optimizer acts on it. Cost a step: one pass.

#include "algorithms/pipeline.hpp"
#include "core/options.hpp"

namespace cohort {

struct WeightDecay {
  static constexpr std::string_view name = "weight_decay";
  static constexpr std::string_view summary = "adds a multiple of the model to the surrogate";
  static constexpr std::string_view source = "Krogh, Hertz, NeurIPS 1991";
  struct Options {
    double rate = 1e-4;
    static void declare(OptionTable<Options>& t) {
      t.add("rate", &Options::rate, non_negative, "what the model is multiplied by");
    }
  };
  Options options;

  void apply(const StepInfo&, NoState, VecView w, VecRef g) const {
    kernels::axpy(options.rate, as_span(w), as_mutable_span(g));
  }
};

}  // namespace cohort
