#pragma once
// Sign: only the direction of each coordinate counts.
//   g_i ← sign(g_i), 0 for 0
// -----------------------------------------------------------------------------------------------
// g [d] surrogate. With sgd it is signSGD, with zeroth_order ZO-SignSGD; at the server, on the sum
// of signs (method.update), a majority vote.
// Source: Bernstein et al., signSGD: compressed optimisation for non-convex problems, ICML 2018.
// Cost a step: one pass.

#include "algorithms/pipeline.hpp"
#include "core/options.hpp"

namespace cohort {

struct SignTransform {
  static constexpr std::string_view name = "sign";
  static constexpr std::string_view summary = "keeps the sign of each coordinate";
  static constexpr std::string_view source = "Bernstein et al., ICML 2018";
  struct Options {};
  Options options;

  void apply(const StepInfo&, NoState, VecView, VecRef g) const {
    for (Index i = 0; i < g.size(); ++i) {
      // A NaN stays one.
      if (g[i] > 0) g[i] = 1;
      if (g[i] < 0) g[i] = -1;
    }
  }
};

}  // namespace cohort
