#pragma once
// SVRG: a batch gradient, corrected by how it differs from the full gradient at an anchor.
//   every m steps   w̃ ← w,  μ ← ∇f(w̃)
//   g ← ∇f_B(w) − ∇f_B(w̃) + μ
// -----------------------------------------------------------------------------------------------
// w, w̃, μ, g [d] model, anchor, full gradient at it, surrogate; B the step's batch; m = period, 0:
// once a round, at its first step.
// Source: Johnson, Zhang, Accelerating stochastic gradient descent using predictive variance
//   reduction, NeurIPS 2013; the anchor is the last iterate (its option I).
// Unbiased for ∇f(w); at w = w̃ without variance.
// Cost a step: 2 gradients of |B| rows, and 1 of all rows every m; memory 2 vectors.

#include "algorithms/pipeline.hpp"
#include "core/options.hpp"

namespace cohort {

struct Svrg {
  static constexpr std::string_view name = "svrg";
  static constexpr std::string_view summary = "batch gradients anchored at a full one";
  static constexpr std::string_view source = "Johnson, Zhang, NeurIPS 2013";
  static constexpr Capabilities needs{Query::gradient};
  static constexpr bool uses_batches = true;
  struct Options {
    std::uint64_t period = 0;
    static void declare(OptionTable<Options>& t) {
      t.add("period", &Options::period, non_negative,
            "steps between two full gradients; 0: one a round");
    }
  };
  Options options;
  struct Memory {
    Vec anchor, full;  // w̃, μ [d]
    Vec at_anchor;     // ∇f_B(w̃), room for a step
    std::uint64_t age = 0;
    bool has_anchor = false;
    void start(std::size_t d) {
      anchor.setZero(static_cast<Index>(d));
      full.setZero(static_cast<Index>(d));
      age = 0;
      has_anchor = false;
    }
    template <class V>
    void fields(V&& visit) {
      visit("anchor", anchor);
      visit("full", full);
      visit("age", age);
      visit("has_anchor", has_anchor);
    }
  };

  double estimate(const StepInfo& info, Memory& memory, Oracle& all, Oracle& batch, VecView w,
                  VecRef g) const {
    const bool is_old = options.period == 0 ? info.step == 0 : memory.age >= options.period;
    if (!memory.has_anchor || is_old) {
      memory.anchor = w;
      all.gradient(w, memory.full);
      memory.has_anchor = true;
      memory.age = 0;
    }
    ++memory.age;
    memory.at_anchor.resize(w.size());
    const double value = batch.gradient(w, g);
    batch.gradient(memory.anchor, memory.at_anchor);
    g += memory.full - memory.at_anchor;
    return value;
  }
};

}  // namespace cohort
