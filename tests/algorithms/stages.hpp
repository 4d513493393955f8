#pragma once
// Runs one stage of a pipeline alone.

#include "algorithms/pipeline.hpp"

namespace cohort::stages {

inline StepInfo info(std::uint64_t round = 1, std::uint64_t step = 0) {
  return {Round(round), step, Stream(1, Purpose::test, 0, round).sub(step)};
}

/// The k-th of a sequence of surrogates, [d].
inline Vec surrogate(std::uint64_t k, Index d = 37) {
  Vec g(d);
  Stream(2, Purpose::test, k).fill_normal(as_mutable_span(g));
  return g;
}

/// g after a transform, whichever form it has.
inline Vec transformed(const Transform& transform, State& state, const Vec& w, Vec g,
                       std::uint64_t round = 1) {
  if (transform.only_scales()) return transform.factor(info(round), state, w, g, 1.0) * g;
  transform.apply(info(round), state, w, g);
  return g;
}

}  // namespace cohort::stages
