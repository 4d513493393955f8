#include "algorithms/walks/non_backtracking.hpp"

#include "tests/algorithms/walks/hops.hpp"

namespace cohort {
namespace {

TEST(NonBacktracking, GoesBackFromDeadEndsOnly) {
  const Edge edges[] = {{0, 1}, {1, 2}, {2, 3}, {3, 1}};
  const Graph g = make_graph(4, edges);
  const auto walk = hops::walk<NonBacktracking>(g);
  std::uint32_t before = 2, at = 1;
  WalkState state = walk->start(1);
  state.previous = before;
  for (const std::uint32_t next : hops::path(*walk, state, 500)) {
    if (g.degree(at) > 1) {
      EXPECT_NE(next, before);
    }
    before = at;
    at = next;
  }
  EXPECT_THAT(walk->law(state), testing::ElementsAre(0.5, 0.0, 0.5, 0.0));
  hops::expect_hops_by_law(*walk, g, state);
}

TEST(NonBacktracking, OnARingKeepsItsDirection) {
  const Graph g = make_graph(5, std::vector<Edge>{{0, 1}, {1, 2}, {2, 3}, {3, 4}, {4, 0}});
  const auto walk = hops::walk<NonBacktracking>(g);
  WalkState state = walk->start(0);
  state.previous = 4;
  EXPECT_THAT(hops::path(*walk, state, 6), testing::ElementsAre(1, 2, 3, 4, 0, 1));
}

TEST(NonBacktracking, VisitsByDegree) {
  const Graph g = hops::uneven();
  const auto walk = hops::walk<NonBacktracking>(g);
  std::vector<double> visits(6, 0.0);
  for (const auto node : hops::path(*walk, walk->start(0), 40000)) visits[node] += 1.0 / 40000;
  for (std::uint32_t i = 0; i < 6; ++i) EXPECT_NEAR(visits[i], walk->stationary()[i], 0.01);
}

}  // namespace
}  // namespace cohort
