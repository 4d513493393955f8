#include "algorithms/walks/simple.hpp"

#include "tests/algorithms/walks/hops.hpp"

namespace cohort {
namespace {

TEST(SimpleWalk, GoesToAnyNeighbourAndVisitsByDegree) {
  const Graph g = hops::uneven();
  const auto walk = hops::walk<SimpleWalk>(g);
  EXPECT_THAT(walk->law(walk->start(2)), testing::ElementsAre(0.25, 0.25, 0.25, 0.25, 0.0));
  EXPECT_DOUBLE_EQ(walk->stationary()[2], 4.0 / 14);
  hops::expect_stationary(*walk, g);
  hops::expect_hops_by_law(*walk, g, walk->start(2));
}

TEST(SimpleWalk, RefusesGraphsThatItCannotCover) {
  const Edge edges[] = {{0, 1}, {2, 3}};
  EXPECT_THAT(hops::refusal<SimpleWalk>(make_graph(4, edges)), testing::HasSubstr("2 components"));
  EXPECT_THAT(hops::refusal<SimpleWalk>(make_graph(5, edges)),
              testing::HasSubstr("node 4 has no neighbour"));
  EXPECT_THAT(hops::refusal<SimpleWalk>(make_graph(4, edges, true)),
              testing::HasSubstr("undirected"));
}

}  // namespace
}  // namespace cohort
