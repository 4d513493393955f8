#pragma once
// Graphs as tests want them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "algorithms/mixing.hpp"
#include "algorithms/topology.hpp"
#include "core/vec.hpp"

namespace cohort::drawn {

using testing::ElementsAre;
using testing::HasSubstr;

template <class T>
Result<Graph> tried(std::uint64_t nodes, typename T::Options options = {}, std::uint64_t round = 0,
                    std::uint64_t seed = 1) {
  return TopologyOf<T>(std::move(options)).graph({nodes, seed, round});
}
template <class T>
Graph graph(std::uint64_t nodes, typename T::Options options = {}, std::uint64_t round = 0,
            std::uint64_t seed = 1) {
  auto made = tried<T>(nodes, std::move(options), round, seed);
  EXPECT_TRUE(made) << made.error().message;
  return made ? *std::move(made) : Graph();
}
template <class T>
std::string refusal(std::uint64_t nodes, typename T::Options options = {}) {
  const auto made = tried<T>(nodes, std::move(options));
  EXPECT_FALSE(made);
  return made ? "" : made.error().message;
}

inline std::vector<std::uint32_t> neighbours(const Graph& graph, std::uint64_t i) {
  const auto row = graph.neighbours_of(i);
  return {row.begin(), row.end()};
}

/// W as a dense matrix.
inline Mat dense(const MixingMatrix& w) {
  const auto n = static_cast<Index>(w.nodes());
  Mat out = Mat::Zero(n, n);
  for (Index i = 0; i < n; ++i) {
    const auto row = static_cast<std::uint64_t>(i);
    out(i, i) = w.self[row];
    for (std::size_t k = 0; k < w.sources_of(row).size(); ++k) {
      out(i, static_cast<Index>(w.sources_of(row)[k])) += w.weights_of(row)[k];
    }
  }
  return out;
}
template <class M>
Mat mixed(const Graph& graph, typename M::Options options = {}) {
  const auto w = MixingOf<M>(std::move(options)).matrix(graph);
  EXPECT_TRUE(w) << w.error().message;
  return w ? dense(*w) : Mat();
}

}  // namespace cohort::drawn
