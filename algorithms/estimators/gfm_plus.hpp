#pragma once
// GFM+: a recursive zeroth-order estimate, for functions that are neither smooth nor convex.
//   every m steps   v ← ĝ(w) along b' directions, on all rows
//   else            v ← v + ĝ_B(w) − ĝ_B(w⁻)      along the same b directions, on the same rows
//   g ← v
// -----------------------------------------------------------------------------------------------
// w, w⁻, v [d] model, the one of the step before, and the recursion; B the step's batch; ĝ_B as in
// zeroth_order.hpp, on the sphere by default: unbiased for the gradient of f_B smoothed over the
// ball of radius δ = radius, an element of the Goldstein subdifferential of f_B at distance δ; m =
// period; b = count, b' = large_count. Source: Chen, Xu, Luo, Faster gradient-free algorithms for
// nonsmooth nonconvex stochastic
//   optimization, ICML 2023, algorithm 2; GFM (Lin, Zheng, Jordan, NeurIPS 2022) is m = 1, which is
//   zeroth_order on the sphere. Theory: b' ~ d L²/ε², b ~ d L/ε, m ~ L/ε, η ~ δ/(L√d). Deviation: a
//   direction is asked on all rows of its sample, where the paper draws a row for each.
// Biased given the past; its mean over all pasts is right.
// Cost a step: 4b values of |B| rows, 2b' of all rows every m; memory 4 vectors.

#include "algorithms/estimators/zeroth_order.hpp"

namespace cohort {

struct GfmPlus {
  static constexpr std::string_view name = "gfm_plus";
  static constexpr std::string_view summary =
      "differences on the sphere, moved along with the model";
  static constexpr std::string_view source =
      "Chen, Xu, Luo, ICML 2023; Lin, Zheng, Jordan, NeurIPS 2022";
  static constexpr Capabilities needs{Query::value};
  static constexpr bool uses_batches = true;
  struct Options : Differences {
    std::uint64_t large_count = 10;
    std::uint64_t period = 10;
    Options() : Differences{.direction = Direction::sphere, .radius = 1e-3} {}
    static void declare(OptionTable<Options>& t) {
      Differences::declare(t);
      t.add("large_count", &Options::large_count, at_least(1),
            "b': directions of the estimate that starts a recursion");
      t.add("period", &Options::period, at_least(1), "m: steps of a recursion");
    }
  };
  Options options;
  struct Memory {
    Vec w, v;               // of the step before [d]
    Vec before, probe;      // room for a step
    std::uint64_t age = 0;  // steps of this recursion; 0: there is none
    void start(std::size_t d) {
      w.setZero(static_cast<Index>(d));
      v.setZero(static_cast<Index>(d));
      age = 0;
    }
    template <class V>
    void fields(V&& visit) {
      visit("w", w);
      visit("v", v);
      visit("age", age);
    }
  };

  double estimate(const StepInfo& info, Memory& memory, Oracle& all, Oracle& batch, VecView w,
                  VecRef g) const {
    double value = 0;
    if (memory.age == 0 || memory.age >= options.period) {
      value = options.estimate(info.stream, options.large_count, all, w, memory.probe, g);
      memory.age = 0;
    } else {
      memory.before.resize(w.size());
      value = options.estimate(info.stream, options.count, batch, w, memory.probe, g);
      options.estimate(info.stream, options.count, batch, memory.w, memory.probe, memory.before);
      g += memory.v - memory.before;
    }
    ++memory.age;
    memory.w = w;
    memory.v = g;
    return value;
  }
};

}  // namespace cohort
