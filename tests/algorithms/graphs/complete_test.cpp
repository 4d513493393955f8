#include "algorithms/graphs/complete.hpp"

#include "tests/algorithms/graphs/gaps.hpp"

namespace cohort {
namespace {

TEST(Complete, OneRoundOfMetropolisAveragesAll) {
  const Graph g = drawn::graph<Complete>(6);
  EXPECT_EQ(g.edges(), 15u);
  EXPECT_THAT(drawn::neighbours(g, 2), testing::ElementsAre(0, 1, 3, 4, 5));
  EXPECT_EQ(diameter(g).lower, 1u);
  const Mat w = drawn::mixed<MetropolisWeights>(g);
  EXPECT_LT((w.array() - 1.0 / 6).abs().maxCoeff(), 1e-15);
}

TEST(Complete, GapIsOne) {
  EXPECT_NEAR(drawn::gap(drawn::graph<Complete>(6)), 1.0, drawn::gap_tolerance);
}

}  // namespace
}  // namespace cohort
