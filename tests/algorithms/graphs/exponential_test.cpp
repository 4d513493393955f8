#include "algorithms/graphs/exponential.hpp"

#include "tests/algorithms/graphs/gaps.hpp"

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

TEST(Exponential, GapOfEvenSizesIsTwoOverOneMoreThanTheHops) {
  for (const auto& [n, hops] : {std::pair{4u, 2}, {6u, 3}, {8u, 3}, {30u, 5}, {64u, 6}}) {
    EXPECT_NEAR(drawn::gap<UniformWeights>(drawn::graph<Exponential>(n)), 2.0 / (1 + hops),
                1e-7);  // the square root of an eigenvalue
  }
  // An independent computation to three digits.
  for (const auto& [n, gap] : {std::pair{5u, 0.75}, {9u, 0.558}, {15u, 0.510}, {31u, 0.438}}) {
    EXPECT_NEAR(drawn::gap<UniformWeights>(drawn::graph<Exponential>(n)), gap, 6e-4) << n;
  }
}

}  // namespace
}  // namespace cohort
