#pragma once
// CClip: tracks the median of each coordinate of the surrogates.
//   m_j ← m_j + min(τ, max(−τ, g_j − m_j))
//   g ← m
// -----------------------------------------------------------------------------------------------
// g, m [d] surrogate and tracked median, m = 0 at the start; τ = tau, may fall with the round.
// It is the proximal step of D = ‖·‖₁ (tracked_median.hpp). With a memory that starts anew in each
// step it clips each coordinate of the surrogate, for a small τ it gives τ times the sign.
// Source: Schaipp, Garrigos, Şimşekli, Gower, arXiv 2402.12828.
// A coordinate that is NaN is passed over. Cost a step: one pass; memory 1 vector.

#include "algorithms/rate.hpp"
#include "algorithms/transforms/tracked_median.hpp"
#include "core/options.hpp"

namespace cohort {

struct CClip {
  static constexpr std::string_view name = "cclip";
  static constexpr std::string_view summary = "tracks the median of each coordinate";
  static constexpr std::string_view source = "Schaipp et al., arXiv 2402.12828";
  struct Options {
    Rate tau = 1.0;
    static void declare(OptionTable<Options>& t) {
      t.add("tau", &Options::tau, rate_bounds, "longest step of a coordinate");
    }
  };
  Options options;
  using Memory = TrackedMedian;

  void apply(const StepInfo& info, Memory& memory, VecView, VecRef g) const {
    const double tau = options.tau.at(info.round);
    for (Index j = 0; j < g.size(); ++j) {
      double& m = memory.m[j];
      const double ahead = g[j] - m;
      if (ahead > tau) {
        m += tau;
      } else if (ahead < -tau) {
        m -= tau;
      } else if (!std::isnan(ahead)) {
        m = g[j];
      }
      g[j] = m;
    }
  }
};

}  // namespace cohort
