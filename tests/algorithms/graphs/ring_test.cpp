#include "algorithms/graphs/ring.hpp"

#include <cmath>

#include "tests/algorithms/graphs/gaps.hpp"

namespace cohort {
namespace {

TEST(Ring, NodesHaveTheTwoBesideThem) {
  const Graph g = drawn::graph<Ring>(7);
  EXPECT_EQ(g.edges(), 7u);
  EXPECT_THAT(drawn::neighbours(g, 0), testing::ElementsAre(1, 6));
  EXPECT_THAT(drawn::neighbours(g, 5), testing::ElementsAre(4, 6));
  EXPECT_EQ(diameter(g).lower, 3u);
  EXPECT_FALSE(is_bipartite(g));
  EXPECT_TRUE(is_bipartite(drawn::graph<Ring>(8)));
}

TEST(Ring, OptionAndClientsMustAgreeOnTheNodes) {
  EXPECT_EQ(drawn::graph<Ring>(5, {{5}}).nodes(), 5u);
  EXPECT_EQ(drawn::graph<Ring>(0, {{5}}).nodes(), 5u);
  EXPECT_THAT(drawn::refusal<Ring>(6, {{5}}), testing::HasSubstr("nodes = 6"));
  EXPECT_THAT(drawn::refusal<Ring>(0), testing::HasSubstr("number of nodes"));
  EXPECT_THAT(drawn::refusal<Ring>(2), testing::HasSubstr("found 2"));
}

TEST(Ring, GapFollowsTheCosine) {
  for (const std::uint64_t n : {3u, 5u, 8u, 33u}) {
    EXPECT_NEAR(drawn::gap(drawn::graph<Ring>(n)),
                2.0 / 3 * (1 - std::cos(2 * drawn::pi / static_cast<double>(n))),
                drawn::gap_tolerance);
  }
}

}  // namespace
}  // namespace cohort
