#pragma once
// STORM: momentum whose memory is moved to the present model.
//   d_t = ∇f_B(w_t) + (1 − a)(d_{t−1} − ∇f_B(w_{t−1}))
//   g ← d_t
// -----------------------------------------------------------------------------------------------
// w, d, g [d]; both gradients on the step's batch B; a = share; d_1 = ∇f_B(w_1). a = 1 is the
// minibatch, a = 0 SARAH without a full gradient.
// Source: Cutkosky, Orabona, Momentum-based variance reduction in non-convex SGD, NeurIPS 2019.
//   Deviation: a and the rate are constants of the scenario; the paper lets both fall with the
//   gradients seen (a = c η²).
// Cost a step: 2 gradients of |B| rows; memory 2 vectors.

#include "algorithms/estimators/recursive.hpp"
#include "core/options.hpp"

namespace cohort {

struct Storm {
  static constexpr std::string_view name = "storm";
  static constexpr std::string_view summary = "momentum corrected for the move of the model";
  static constexpr std::string_view source = "Cutkosky, Orabona, NeurIPS 2019";
  static constexpr Capabilities needs{Query::gradient};
  static constexpr bool uses_batches = true;
  struct Options {
    double share = 0.1;
    static void declare(OptionTable<Options>& t) {
      t.add("share", &Options::share, probability, "a: how much a new gradient counts");
    }
  };
  Options options;
  using Memory = RecursiveMemory;

  double estimate(const StepInfo&, Memory& memory, Oracle&, Oracle& batch, VecView w,
                  VecRef g) const {
    if (memory.age == 0) return memory.refresh(batch, w, g);
    return memory.recur(batch, w, g, options.share);
  }
};

}  // namespace cohort
