#include "algorithms/graphs/path.hpp"

#include <cmath>

#include "tests/algorithms/graphs/gaps.hpp"

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

TEST(PathGraph, GapFollowsTheCosine) {
  for (const std::uint64_t n : {2u, 3u, 10u}) {
    EXPECT_NEAR(drawn::gap(drawn::graph<PathGraph>(n)),
                2.0 / 3 * (1 - std::cos(drawn::pi / static_cast<double>(n))) +
                    (n == 2 ? 1.0 / 3 : 0.0),  // of two nodes the weights are 1/2
                drawn::gap_tolerance);
  }
}

}  // namespace
}  // namespace cohort
