#pragma once
// Full batch: the gradient on all the client's rows, whatever batch_size says; an epoch is a step.
//   g ← ∇f(w)
// -----------------------------------------------------------------------------------------------
// w, g [d].
// Source: Cauchy, Méthode générale pour la résolution des systèmes d'équations simultanées, C. R.
//   Acad. Sci. 25 (1847).
// Cost a step: 1 gradient of all rows.

#include "algorithms/pipeline.hpp"
#include "core/options.hpp"

namespace cohort {

struct FullBatch {
  static constexpr std::string_view name = "full_batch";
  static constexpr std::string_view summary = "the gradient on all the client's rows";
  static constexpr std::string_view source = "Cauchy, C. R. Acad. Sci. 25 (1847)";
  static constexpr Capabilities needs{Query::gradient};
  static constexpr bool uses_batches = false;
  struct Options {};
  Options options;

  double estimate(const StepInfo&, NoState, Oracle& all, Oracle&, VecView w, VecRef g) const {
    return all.gradient(w, g);
  }
};

}  // namespace cohort
