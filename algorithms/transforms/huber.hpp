#pragma once
// Huber: clipped momentum, between the mean of the surrogates and their geometric median.
//   m ← m + (1 − β) clip_c(g − m),   c = μ/β,   clip_c(z) = min(1, c/‖z‖₂) z
//   g ← m
// -----------------------------------------------------------------------------------------------
// g, m [d] surrogate and tracked point, m = 0 at the start; β = beta, μ = mu. It is the proximal
// step of the Huber function (½‖z‖² up to ‖z‖ = μ, μ‖z‖ − ½μ² beyond) with τ = (1 − β)/β
// (tracked_median.hpp): no surrogate moves m by more than (1 − β) c = τμ. With μ at infinity it is
// Momentum with dampening = beta, bit by bit; from m = 0 it is (1 − β) times Clip of norm c.
// Source: Schaipp, Garrigos, Şimşekli, Gower, arXiv 2402.12828.
// A surrogate that is not finite is passed over: m stays. Cost a step: two passes; memory 1 vector.

#include "algorithms/transforms/tracked_median.hpp"
#include "core/options.hpp"

namespace cohort {

struct Huber {
  static constexpr std::string_view name = "huber";
  static constexpr std::string_view summary = "momentum with clipped steps, towards the median";
  static constexpr std::string_view source = "Schaipp et al., arXiv 2402.12828";
  struct Options {
    double beta = 0.9;
    double mu = 1.0;
    static void declare(OptionTable<Options>& t) {
      t.add("beta", &Options::beta, zero_to_below_one, "share of the tracked point that is kept");
      t.add("mu", &Options::mu, positive, "where the Huber function turns linear");
    }
  };
  Options options;
  using Memory = TrackedMedian;

  void apply(const StepInfo&, Memory& memory, VecView, VecRef g) const {
    const double distance = memory.distance(g), farthest = options.mu / options.beta;
    if (!std::isfinite(distance)) {
      g = memory.m;
      return;
    }
    if (distance > farthest) {
      const double take = (1.0 - options.beta) * (farthest / distance);
      memory.move(1.0 - take, take, g);
    } else {
      memory.move(options.beta, 1.0 - options.beta, g);
    }
  }
};

}  // namespace cohort
