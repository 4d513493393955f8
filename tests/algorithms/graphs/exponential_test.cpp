#include "algorithms/graphs/exponential.hpp"

#include "tests/algorithms/graphs/drawn.hpp"

namespace cohort {
namespace {

TEST(Exponential, NodesSendOneTwoAndFourAhead) {
  const Graph g = drawn::graph<Exponential>(6);
  EXPECT_TRUE(g.is_directed);
  EXPECT_EQ(g.edges(), 18u);
  EXPECT_THAT(drawn::neighbours(g, 0), testing::ElementsAre(1, 2, 4));
  EXPECT_THAT(drawn::neighbours(g, 4), testing::ElementsAre(0, 2, 5));
  EXPECT_THAT(drawn::neighbours(reversed(g), 0), testing::ElementsAre(2, 4, 5));
  EXPECT_TRUE(is_connected(g));
}

}  // namespace
}  // namespace cohort
