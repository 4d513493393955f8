#pragma once
// SARAH: a full gradient, then differences of batch gradients added up.
//   every m steps, or when ‖v_{t−1}‖² ≤ γ ‖v_0‖²:   v_0 = ∇f(w_0)
//   else                                            v_t = ∇f_B(w_t) − ∇f_B(w_{t−1}) + v_{t−1}
//   g ← v
// -----------------------------------------------------------------------------------------------
// w, v, g [d]; B the step's batch; m = period, 0: once a round, at its first step; γ = gamma, 0:
// never. γ = 1/8 is SARAH+; m = √n with batches of √n rows is SPIDER, whose paper also normalises
// the step.
// Sources: Nguyen, Liu, Scheinberg, Takáč, SARAH, ICML 2017, algorithms 1 and 2; Fang, Li, Lin,
//   Zhang, SPIDER, NeurIPS 2018.
// Cost a step: 2 gradients of |B| rows, or 1 of all rows; memory 2 vectors.

#include "algorithms/estimators/recursive.hpp"
#include "core/options.hpp"

namespace cohort {

struct Sarah {
  static constexpr std::string_view name = "sarah";
  static constexpr std::string_view summary = "a full gradient and differences added up";
  static constexpr std::string_view source = "Nguyen, Liu, Scheinberg, Takáč, ICML 2017";
  static constexpr Capabilities needs{Query::gradient};
  static constexpr bool uses_batches = true;
  struct Options {
    std::uint64_t period = 0;
    double gamma = 0.0;
    static void declare(OptionTable<Options>& t) {
      t.add("period", &Options::period, non_negative,
            "steps between two full gradients; 0: one a round");
      t.add("gamma", &Options::gamma, zero_to_below_one,
            "SARAH+: a full gradient when ‖v‖² has fallen to this share");
    }
  };
  Options options;
  using Memory = RecursiveMemory;

  double estimate(const StepInfo& info, Memory& memory, Oracle& all, Oracle& batch, VecView w,
                  VecRef g) const {
    const bool is_old = options.period == 0 ? info.step == 0 : memory.age >= options.period;
    const bool is_small = options.gamma > 0 &&
                          kernels::squared_norm(as_span(memory.v)) <= options.gamma * memory.first;
    if (memory.age == 0 || is_old || is_small) return memory.refresh(all, w, g);
    return memory.recur(batch, w, g);
  }
};

}  // namespace cohort
