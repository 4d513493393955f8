#pragma once
// Clip: a surrogate longer than a bound is shortened to it.
//   g ← g · min(1, norm / ‖g‖₂)
// -----------------------------------------------------------------------------------------------
// g [d] surrogate.
// Source: Pascanu, Mikolov, Bengio, On the difficulty of training recurrent neural networks, ICML
//   2013, algorithm 1.
// A surrogate whose norm is not finite passes unchanged, so that a divergence is seen and not
// turned into a step of zeros and NaNs. Cost a step: one read of g; the factor is folded into the
// next stage.

#include "algorithms/pipeline.hpp"
#include "core/options.hpp"

namespace cohort {

struct Clip {
  static constexpr std::string_view name = "clip";
  static constexpr std::string_view summary = "shortens a surrogate to a largest l2 norm";
  static constexpr std::string_view source = "Pascanu, Mikolov, Bengio, ICML 2013";
  struct Options {
    double norm = 1.0;
    static void declare(OptionTable<Options>& t) {
      t.add("norm", &Options::norm, positive, "largest l2 norm that passes unchanged");
    }
  };
  Options options;

  double factor(const StepInfo&, NoState, VecView, VecView g, double scale) const {
    const double length = std::abs(scale) * kernels::norm(as_span(g));
    return length > options.norm && std::isfinite(length) ? options.norm / length : 1.0;
  }
};

}  // namespace cohort
