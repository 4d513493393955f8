#pragma once
// ZO-SVRG: the variance that rows add to a zeroth-order estimate, taken off by one at an anchor.
//   every m steps   w̃ ← w,  μ̂ ← ĝ(w̃) of all rows
//   g ← ĝ_B(w) − ĝ_B(w̃) + μ̂
// -----------------------------------------------------------------------------------------------
// w, w̃, g [d] model, anchor, surrogate; B the step's batch; ĝ_B an estimate of ∇f_B as in
// zeroth_order.hpp; ĝ_B(w) and ĝ_B(w̃) along the same directions, μ̂ along its own; m = period, 0:
// once a round, at its first step.
// Source: Liu, Kailkhura, Chen, Ting, Chang, Amini, Zeroth-order stochastic variance reduction for
//   nonconvex optimization, NeurIPS 2018, algorithm 2.
// With every coordinate (direction = "coordinate", count = d) it is SVRG but for the differences.
// The variance of the directions stays, and does not vanish with that of the rows.
// Cost a step: twice that of zeroth_order on |B| rows, and once on all rows every m; memory 4
// vectors.

#include "algorithms/estimators/zeroth_order.hpp"

namespace cohort {

struct ZerothOrderSvrg {
  static constexpr std::string_view name = "zeroth_order_svrg";
  static constexpr std::string_view summary =
      "differences of values on a batch, anchored at all rows";
  static constexpr std::string_view source = "Liu et al., NeurIPS 2018";
  static constexpr Capabilities needs{Query::value};
  static constexpr bool uses_batches = true;
  struct Options : Differences {
    std::uint64_t period = 0;
    static void declare(OptionTable<Options>& t) {
      Differences::declare(t);
      t.add("period", &Options::period, non_negative,
            "steps between two estimates on all rows; 0: one a round");
    }
  };
  Options options;
  struct Memory {
    Vec anchor, full;       // w̃, μ̂ [d]
    Vec at_anchor, probe;   // room for a step
    std::uint64_t age = 0;  // steps with this anchor; 0: there is none
    void start(std::size_t d) {
      anchor.setZero(static_cast<Index>(d));
      full.setZero(static_cast<Index>(d));
      age = 0;
    }
    template <class V>
    void fields(V&& visit) {
      visit("anchor", anchor);
      visit("full", full);
      visit("age", age);
    }
  };

  double estimate(const StepInfo& info, Memory& memory, Oracle& all, Oracle& batch, VecView w,
                  VecRef g) const {
    const bool is_old = options.period == 0 ? info.step == 0 : memory.age >= options.period;
    if (memory.age == 0 || is_old) {
      memory.anchor = w;
      options.estimate(info.stream.sub(0), options.count, all, w, memory.probe, memory.full);
      memory.age = 0;
    }
    ++memory.age;
    const Stream same = info.stream.sub(1);
    memory.at_anchor.resize(w.size());
    const double value = options.estimate(same, options.count, batch, w, memory.probe, g);
    options.estimate(same, options.count, batch, memory.anchor, memory.probe, memory.at_anchor);
    g += memory.full - memory.at_anchor;
    return value;
  }
};

}  // namespace cohort
