#include "core/graph.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "core/random.hpp"

namespace cohort {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Graph random_graph(std::uint64_t nodes, std::uint64_t edges, std::uint64_t seed) {
  Stream stream(seed, Purpose::test);
  std::vector<Edge> list;
  for (std::uint64_t e = 0; e < edges; ++e) {
    list.push_back({static_cast<std::uint32_t>(stream.below(nodes)),
                    static_cast<std::uint32_t>(stream.below(nodes))});
  }
  return make_graph(nodes, list);
}

/// Floyd and Warshall; 0 if some pair is not connected.
std::uint64_t diameter_by_all_pairs(const Graph& g) {
  const auto n = g.nodes();
  constexpr std::uint64_t far = 1u << 20;
  std::vector<std::uint64_t> d(n * n, far);
  for (std::uint64_t i = 0; i < n; ++i) {
    d[i * n + i] = 0;
    for (const auto j : g.neighbours_of(i)) d[i * n + j] = 1;
  }
  for (std::uint64_t k = 0; k < n; ++k)
    for (std::uint64_t i = 0; i < n; ++i)
      for (std::uint64_t j = 0; j < n; ++j)
        d[i * n + j] = std::min(d[i * n + j], d[i * n + k] + d[k * n + j]);
  const auto most = *std::max_element(d.begin(), d.end());
  return most == far ? 0 : most;
}

TEST(Graph, RowsAreAscendingAndSymmetric) {
  const Edge edges[] = {{3, 1}, {0, 3}, {2, 3}};
  const Graph g = make_graph(5, edges);
  EXPECT_EQ(g.nodes(), 5u);
  EXPECT_EQ(g.edges(), 3u);
  EXPECT_THAT(g.neighbours_of(3), ElementsAre(0, 1, 2));
  EXPECT_THAT(g.neighbours_of(1), ElementsAre(3));
  EXPECT_EQ(g.degree(4), 0u);
  EXPECT_TRUE(g.has_edge(0, 3));
  EXPECT_FALSE(g.has_edge(0, 1));
}

TEST(Graph, LeavesOutSelfLoopsAndDuplicatesAndCountsThem) {
  const Edge edges[] = {{0, 1}, {1, 0}, {1, 1}, {0, 1}, {1, 2}};
  LeftOut left_out;
  const Graph g = make_graph(3, edges, false, {}, &left_out);
  EXPECT_EQ(g.edges(), 2u);
  EXPECT_EQ(left_out.duplicates, 2u);
  EXPECT_EQ(left_out.self_loops, 1u);
  const Graph directed = make_graph(3, edges, true, {}, &left_out);
  EXPECT_EQ(directed.edges(), 3u);  // 0 → 1, 1 → 0, 1 → 2
  EXPECT_EQ(left_out.duplicates, 1u);
}

TEST(Graph, KeepsTheFirstWeightOfARepeatedEdgeInBothRows) {
  const Edge edges[] = {{0, 2}, {2, 0}, {0, 1}};
  const double weights[] = {0.5, 0.75, 0.25};
  const Graph g = make_graph(3, edges, false, weights);
  EXPECT_THAT(g.weights_of(0), ElementsAre(0.25, 0.5));
  EXPECT_THAT(g.weights_of(2), ElementsAre(0.5));
}

TEST(Graph, ReversedTwiceIsItself) {
  const Edge edges[] = {{0, 1}, {1, 2}, {2, 0}, {0, 2}};
  const Graph g = make_graph(3, edges, true);
  EXPECT_THAT(reversed(g).neighbours_of(2), ElementsAre(0, 1));
  EXPECT_EQ(reversed(reversed(g)), g);
}

TEST(Graph, ComponentsAreCountedAndTheReasonIsTold) {
  const Edge edges[] = {{0, 1}, {2, 3}, {3, 4}};
  const Graph parts = make_graph(5, edges);
  EXPECT_EQ(components(parts).count, 2u);
  EXPECT_EQ(components(parts).largest, 3u);
  EXPECT_FALSE(is_connected(parts));
  EXPECT_THAT(check_connected(parts, "g").error().message, HasSubstr("2 components"));
  EXPECT_THAT(check_connected(make_graph(4, std::span(edges).first(1)), "g").error().message,
              HasSubstr("node 2 has no neighbour"));
}

TEST(Graph, DirectedGraphsMustReachBothWays) {
  const Edge line[] = {{0, 1}, {1, 2}};
  EXPECT_EQ(components(make_graph(3, line, true)).count, 1u);
  EXPECT_FALSE(is_connected(make_graph(3, line, true)));
  EXPECT_THAT(check_connected(make_graph(3, line, true), "g").error().message,
              HasSubstr("node 1 does not reach node 0"));
  const Edge circle[] = {{0, 1}, {1, 2}, {2, 0}};
  EXPECT_TRUE(is_connected(make_graph(3, circle, true)));
}

TEST(Graph, BipartiteMeansNoOddCycle) {
  const Edge square[] = {{0, 1}, {1, 2}, {2, 3}, {3, 0}, {4, 5}};
  EXPECT_TRUE(is_bipartite(make_graph(6, square)));
  const Edge triangle_apart[] = {{0, 1}, {2, 3}, {3, 4}, {4, 2}};
  EXPECT_FALSE(is_bipartite(make_graph(5, triangle_apart)));
}

TEST(Graph, DiameterIsThatOfAllPairs) {
  int connected = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const Graph g = random_graph(30, 45 + seed, seed);
    const auto expected = diameter_by_all_pairs(g);
    if (expected == 0) continue;
    ++connected;
    EXPECT_EQ(diameter(g).lower, expected) << seed;
    EXPECT_TRUE(diameter(g).is_exact());
    const Diameter bounded = diameter(g, 3);
    EXPECT_LE(bounded.lower, expected);
    EXPECT_GE(bounded.upper, expected) << seed;
  }
  EXPECT_GE(connected, 10);
}

}  // namespace
}  // namespace cohort
