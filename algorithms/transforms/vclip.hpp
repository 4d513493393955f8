#pragma once
// VClip: tracks the geometric median of the surrogates, by steps towards each that are clipped.
//   m ← m + min(1, τ/‖g − m‖₂) (g − m)
//   g ← m
// -----------------------------------------------------------------------------------------------
// g, m [d] surrogate and tracked median, m = 0 at the start; τ = tau, may fall with the round.
// It is the proximal step of D = ‖·‖₂ (tracked_median.hpp): no surrogate moves m by more than τ,
// and a constant one is reached, exactly, in ⌈‖g‖/τ⌉ steps. With noise that is symmetric about
// the gradient and τ → 0 m tends to the gradient even where the noise has no mean.
// With a memory that starts anew in each step (one local step, state = "reset") it is Clip, for a
// small τ the normalised surrogate; with one more average over clients, the rule centered_clipping.
// Source: Schaipp, Garrigos, Şimşekli, Gower, arXiv 2402.12828.
// A surrogate that is not finite is passed over: m stays. Cost a step: two passes; memory 1 vector.

#include "algorithms/rate.hpp"
#include "algorithms/transforms/tracked_median.hpp"
#include "core/options.hpp"

namespace cohort {

struct VClip {
  static constexpr std::string_view name = "vclip";
  static constexpr std::string_view summary = "tracks the geometric median of the surrogates";
  static constexpr std::string_view source = "Schaipp et al., arXiv 2402.12828";
  struct Options {
    Rate tau = 1.0;
    static void declare(OptionTable<Options>& t) {
      t.add("tau", &Options::tau, rate_bounds, "longest step of the median");
    }
  };
  Options options;
  using Memory = TrackedMedian;

  void apply(const StepInfo& info, Memory& memory, VecView, VecRef g) const {
    const double distance = memory.distance(g), tau = options.tau.at(info.round);
    if (!std::isfinite(distance)) {
      g = memory.m;
      return;
    }
    const double take = distance > tau ? tau / distance : 1.0;
    memory.move(1.0 - take, take, g);
  }
};

}  // namespace cohort
