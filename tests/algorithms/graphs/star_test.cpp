#include "algorithms/graphs/star.hpp"

#include "tests/algorithms/graphs/drawn.hpp"

namespace cohort {
namespace {

TEST(Star, NodeZeroIsInTheMiddle) {
  const Graph g = drawn::graph<Star>(9);
  EXPECT_EQ(g.edges(), 8u);
  EXPECT_EQ(g.degree(0), 8u);
  EXPECT_THAT(drawn::neighbours(g, 4), testing::ElementsAre(0));
  EXPECT_EQ(diameter(g).lower, 2u);
  EXPECT_TRUE(is_bipartite(g));
}

}  // namespace
}  // namespace cohort
