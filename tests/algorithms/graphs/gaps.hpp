#pragma once
// The gap of a graph under its mixing matrix.

#include "algorithms/mixing/metropolis.hpp"
#include "algorithms/mixing/uniform.hpp"
#include "algorithms/spectrum.hpp"
#include "tests/algorithms/graphs/drawn.hpp"

namespace cohort::drawn {

/// Of eigenvalues by a dense solver.
constexpr double gap_tolerance = 1e-12;
constexpr double pi = 3.14159265358979323846;

template <class M = MetropolisWeights>
double gap(const Graph& graph, typename M::Options options = {}) {
  const auto w = MixingOf<M>(std::move(options)).matrix(graph);
  EXPECT_TRUE(w) << w.error().message;
  return w ? consensus_gap(std::span(&*w, 1)).gap() : 0.0;
}

}  // namespace cohort::drawn
