#include "algorithms/graphs/star.hpp"

#include "tests/algorithms/graphs/gaps.hpp"

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

TEST(Star, GapIsOneOverTheNodes) {
  for (const std::uint64_t n : {3u, 10u}) {
    EXPECT_NEAR(drawn::gap(drawn::graph<Star>(n)), 1.0 / static_cast<double>(n),
                drawn::gap_tolerance);
  }
}

}  // namespace
}  // namespace cohort
