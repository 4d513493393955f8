#pragma once
// Proximal SGD: a step along the surrogate of the smooth part, then the proximal operator of the
// penalty ψ that the model declares (l1, groups; core/penalty.hpp).
//   w ← prox_{η s ψ}(w − η g)
// -----------------------------------------------------------------------------------------------
// w, g [d] model and surrogate; η = learning_rate of the round; s = prox_scale. Without a penalty
// it is sgd, to the bit. At the server of fedsgd with all clients it is proximal gradient descent
// (ISTA), which converges for η < 2/L. With several local steps both stages may take proximal steps
// (FedMid): then the server's update stands for K local steps, and its s is K times the local rate.
// Sources: Beck, Teboulle, A fast iterative shrinkage-thresholding algorithm for linear inverse
//   problems, SIAM J. Imaging Sci. 2 (2009), equation 1.4; for FedMid Yuan, Zaheer, Reddi,
//   Federated composite optimization, ICML 2021, algorithm 1.
// Cost a step: two passes, two more with groups; no memory.

#include "algorithms/pipeline.hpp"
#include "algorithms/rate.hpp"

namespace cohort {

struct ProximalSgd {
  static constexpr std::string_view name = "proximal_sgd";
  static constexpr std::string_view summary =
      "a step along the surrogate, then the proximal operator of the model's penalty";
  static constexpr std::string_view source =
      "Beck, Teboulle, SIAM J. Imaging Sci. 2 (2009); Yuan, Zaheer, Reddi, ICML 2021";
  static constexpr bool takes_prox = true;
  struct Options {
    Rate learning_rate = 0.1;
    double prox_scale = 1;
    static void declare(OptionTable<Options>& t) {
      t.add("learning_rate", &Options::learning_rate, rate_bounds, "length of a step");
      t.add("prox_scale", &Options::prox_scale, positive,
            "s: the penalty counts for s times the rate; at a server after K local steps, K times "
            "the local rate");
    }
  };
  Options options;

  double step(const StepInfo& info, NoState, VecRef w, VecView g, double scale) const {
    const double rate = options.learning_rate.at(info.round);
    const auto x = as_mutable_span(w);
    kernels::axpy(-rate * scale, as_span(g), x);
    if (info.layout != nullptr) apply_prox(*info.layout, rate * options.prox_scale, x);
    return rate;
  }
};

}  // namespace cohort
