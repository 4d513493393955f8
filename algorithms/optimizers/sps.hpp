#pragma once
// SPS, the stochastic Polyak step: as long as the batch's own function says.
//   η ← min{ (f_B(w) − f*) / (c ‖g‖²),  η_b }
//   w ← w − η g
// -----------------------------------------------------------------------------------------------
// w [d] the model, g = ∇f_B(w), f* = lower_bound of every f_B (0 for losses without a regulariser),
// c = share, η_b = learning_rate of the round. With c = 1/2 the step is Polyak's: on (h/2)‖w‖² it
// is 1/h. g has to be the gradient of the value that the estimator reports; with transforms in
// between the rule means something else. `growth` bounds a rate by (1 + growth) times the one
// before, as the paper's smoothing τ^(|B|/n) = 1 + growth does. Source: Loizou, Vaswani, Laradji,
// Lacoste-Julien, Stochastic Polyak step-size for SGD, AISTATS
//   2021, SPS_max.
// Cost a step: two passes; memory 1 number.

#include <cmath>

#include "algorithms/pipeline.hpp"
#include "algorithms/rate.hpp"

namespace cohort {

struct Sps {
  static constexpr std::string_view name = "sps";
  static constexpr std::string_view summary = "Polyak's step from the value of the batch";
  static constexpr bool needs_value = true;
  static constexpr std::string_view source =
      "Loizou, Vaswani, Laradji, Lacoste-Julien, AISTATS 2021";
  struct Options {
    Rate learning_rate = 1.0;
    double share = 0.5;
    double lower_bound = 0.0;
    double growth = 0.0;
    static void declare(OptionTable<Options>& t) {
      t.add("learning_rate", &Options::learning_rate, rate_bounds, "η_b: no rate is larger");
      t.add("share", &Options::share, positive, "c: 0.5 for convex functions, 0.2 for networks");
      t.add("lower_bound", &Options::lower_bound, any_value, "f*: what no batch is below");
      t.add("growth", &Options::growth, non_negative,
            "a rate is at most 1 + growth times the one before; 0: no such bound");
    }
  };
  Options options;
  struct Memory {
    double last = 0;  // η of the step before; 0: none
    void start(std::size_t) { last = 0; }
    template <class V>
    void fields(V&& visit) {
      visit("last", last);
    }
  };

  double step(const StepInfo& info, Memory& memory, VecRef w, VecView g, double scale) const {
    const double square = scale * scale * kernels::squared_norm(as_span(g));
    double bound = options.learning_rate.at(info.round);
    if (options.growth > 0 && memory.last > 0) {
      bound = std::min(bound, (1 + options.growth) * memory.last);
    }
    const double gap = info.value - options.lower_bound;
    // Without a gradient there is nothing to move along, and with an unknown value nothing to say.
    const double rate = square == 0 ? 0 : std::min(gap / (options.share * square), bound);
    memory.last = rate > 0 ? rate : memory.last;
    kernels::axpy(-std::max(rate, 0.0) * scale, as_span(g), as_mutable_span(w));
    return rate;
  }
};

}  // namespace cohort
