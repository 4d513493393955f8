#include "algorithms/graphs/path.hpp"

#include "tests/algorithms/graphs/drawn.hpp"

namespace cohort {
namespace {

TEST(PathGraph, EndsHaveOneNeighbour) {
  const Graph g = drawn::graph<PathGraph>(6);
  EXPECT_EQ(g.edges(), 5u);
  EXPECT_THAT(drawn::neighbours(g, 0), testing::ElementsAre(1));
  EXPECT_THAT(drawn::neighbours(g, 3), testing::ElementsAre(2, 4));
  EXPECT_EQ(diameter(g).lower, 5u);
  EXPECT_TRUE(diameter(g).is_exact());
  EXPECT_TRUE(is_bipartite(g));
}

}  // namespace
}  // namespace cohort
