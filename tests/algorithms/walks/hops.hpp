#pragma once
// Walks as tests want them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "algorithms/spectrum.hpp"
#include "algorithms/walk.hpp"
#include "algorithms/walk_sampling.hpp"

namespace cohort::hops {

/// Degrees 1, 2, 3 and 4, a triangle, and a node behind another.
inline Graph uneven() {
  const Edge edges[] = {{0, 1}, {1, 2}, {2, 0}, {2, 3}, {3, 4}, {2, 5}, {4, 5}};
  return make_graph(6, edges);
}

/// The ring of six with the chord 0 3, whose eigenvalues under uniform Metropolis–Hastings are
/// known.
inline Graph chorded_ring() {
  const Edge edges[] = {{0, 1}, {1, 2}, {2, 3}, {3, 4}, {4, 5}, {5, 0}, {0, 3}};
  return make_graph(6, edges);
}

template <class K>
std::unique_ptr<const Walk> walk(const Graph& graph, typename K::Options options = {},
                                 std::span<const double> target = {}) {
  auto made = WalkKernelOf<K>(std::move(options)).on(graph, target);
  EXPECT_TRUE(made) << made.error().message;
  return made ? std::move(*made) : nullptr;
}
template <class K>
std::string refusal(const Graph& graph, typename K::Options options = {},
                    std::span<const double> target = {}) {
  const auto made = WalkKernelOf<K>(std::move(options)).on(graph, target);
  EXPECT_FALSE(made);
  return made ? "" : made.error().message;
}

inline std::vector<std::uint32_t> path(const Walk& walk, WalkState state, std::uint64_t length,
                                       std::uint64_t seed = 1) {
  std::vector<std::uint32_t> nodes;
  for (std::uint64_t t = 0; t < length; ++t) {
    walk.hop(state, Stream(seed, Purpose::walk, 0, state.hops));
    nodes.push_back(state.node);
  }
  return nodes;
}

/// Hops from one state go by its law: 5 standard deviations.
inline void expect_hops_by_law(const Walk& walk, const Graph& graph, const WalkState& state,
                               std::uint64_t draws = 20000) {
  const std::vector<double> law = walk.law(state);
  double sum = 0.0;
  for (const double p : law) sum += p;
  EXPECT_NEAR(sum, 1.0, 1e-12);
  std::vector<double> count(law.size(), 0.0);
  const auto row = graph.neighbours_of(state.node);
  for (std::uint64_t k = 0; k < draws; ++k) {
    WalkState next = state;
    walk.hop(next, Stream(k, Purpose::walk, 0, 0));
    const auto found = std::lower_bound(row.begin(), row.end(), next.node);
    const bool moved = next.node != state.node;
    ASSERT_TRUE(!moved || (found != row.end() && *found == next.node));
    count[moved ? static_cast<std::size_t>(found - row.begin()) : row.size()] += 1.0;
  }
  const double n = static_cast<double>(draws);
  for (std::size_t k = 0; k < law.size(); ++k) {
    EXPECT_NEAR(count[k] / n, law[k], 5 * std::sqrt(law[k] * (1 - law[k]) / n) + 1e-12) << k;
  }
}

/// Σ_i π_i P_ij = π_j by the laws of a walk without a history.
inline void expect_stationary(const Walk& walk, const Graph& graph) {
  const std::vector<double> pi = walk.stationary();
  std::vector<double> next(pi.size(), 0.0);
  for (std::uint32_t i = 0; i < graph.nodes(); ++i) {
    const std::vector<double> law = walk.law(walk.start(i));
    const auto row = graph.neighbours_of(i);
    for (std::size_t k = 0; k < row.size(); ++k) next[row[k]] += pi[i] * law[k];
    next[i] += pi[i] * law.back();
  }
  for (std::uint32_t i = 0; i < graph.nodes(); ++i) EXPECT_NEAR(next[i], pi[i], 1e-15);
}

}  // namespace cohort::hops
