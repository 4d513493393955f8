#pragma once
// Minibatch: the gradient on the rows of the step's batch.
//   g ← ∇f_B(w)
// -----------------------------------------------------------------------------------------------
// w, g [d]; B the batch of the local loop, all rows if batch_size is 0.
// Source: Robbins, Monro, A stochastic approximation method, Ann. Math. Stat. 22 (1951).
// Unbiased for the gradient on all rows, each epoch a pass without replacement.
// Cost a step: 1 gradient of |B| rows.

#include "algorithms/pipeline.hpp"
#include "core/options.hpp"

namespace cohort {

struct Minibatch {
  static constexpr std::string_view name = "minibatch";
  static constexpr std::string_view summary = "the gradient on the step's batch";
  static constexpr std::string_view source = "Robbins, Monro, Ann. Math. Stat. 22 (1951)";
  static constexpr Capabilities needs{Query::gradient};
  static constexpr bool uses_batches = true;
  struct Options {};
  Options options;

  double estimate(const StepInfo&, NoState, Oracle&, Oracle& batch, VecView w, VecRef g) const {
    return batch.gradient(w, g);
  }
};

}  // namespace cohort
