#pragma once
// Runs one stage of a pipeline alone.

#include "algorithms/pipeline.hpp"

namespace cohort::stages {

inline StepInfo info(std::uint64_t round = 1, std::uint64_t step = 0) {
  StepInfo info{Round(round), step, Stream(1, Purpose::test, 0, round).sub(step)};
  info.value = 1;
  return info;
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

/// w after a step of the optimizer T on each surrogate, round by round.
template <class T>
Vec after(const typename T::Options& options, const std::vector<Vec>& surrogates, Vec w,
          double scale = 1.0) {
  const OptimizerOf<T> optimizer(options);
  State state;
  optimizer.start(state, static_cast<std::size_t>(w.size()));
  std::uint64_t round = 0;
  for (const Vec& g : surrogates) optimizer.step(info(++round), state, w, g, scale);
  return w;
}

inline std::vector<Vec> surrogates(std::uint64_t count) {
  std::vector<Vec> all;
  for (std::uint64_t k = 0; k < count; ++k) all.push_back(surrogate(k));
  return all;
}

}  // namespace cohort::stages
