#pragma once
// PAGE: a coin between a full gradient and a cheap correction of the last surrogate.
//   with probability p   v_t = ∇f(w_t)
//   else                 v_t = ∇f_B(w_t) − ∇f_B(w_{t−1}) + v_{t−1}
//   g ← v
// -----------------------------------------------------------------------------------------------
// w, v, g [d]; B the step's batch; p = probability; the first step is a full gradient. p = 1 is the
// full batch. With n rows and batches of √n the paper's choice is p = √n / (n + √n).
// Source: Li, Bao, Zhang, Richtárik, PAGE, ICML 2021, algorithm 1 with B = n.
// Cost a step: p of a gradient of all rows + (1 − p) of 2 gradients of |B| rows; memory 2 vectors.

#include "algorithms/estimators/recursive.hpp"
#include "core/options.hpp"

namespace cohort {

struct Page {
  static constexpr std::string_view name = "page";
  static constexpr std::string_view summary = "a coin between a full gradient and a correction";
  static constexpr std::string_view source = "Li, Bao, Zhang, Richtárik, ICML 2021";
  static constexpr Capabilities needs{Query::gradient};
  static constexpr bool uses_batches = true;
  struct Options {
    double probability = 0.1;
    static void declare(OptionTable<Options>& t) {
      t.add("probability", &Options::probability, Bounds{0, 1, true, false}, "of a full gradient");
    }
  };
  Options options;
  using Memory = RecursiveMemory;

  double estimate(const StepInfo& info, Memory& memory, Oracle& all, Oracle& batch, VecView w,
                  VecRef g) const {
    const bool is_full = info.stream.uniform_at(0) < options.probability;
    if (memory.age == 0 || is_full) return memory.refresh(all, w, g);
    return memory.recur(batch, w, g);
  }
};

}  // namespace cohort
