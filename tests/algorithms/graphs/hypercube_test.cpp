#include "algorithms/graphs/hypercube.hpp"

#include "tests/algorithms/graphs/gaps.hpp"

namespace cohort {
namespace {

TEST(Hypercube, NeighboursDifferInOneBit) {
  const Graph g = drawn::graph<Hypercube>(16);
  EXPECT_EQ(g.edges(), 32u);
  EXPECT_THAT(drawn::neighbours(g, 5), testing::ElementsAre(1, 4, 7, 13));
  EXPECT_EQ(diameter(g).lower, 4u);
  EXPECT_TRUE(is_bipartite(g));
  EXPECT_THAT(drawn::refusal<Hypercube>(12), testing::HasSubstr("power of two"));
}

TEST(Hypercube, GapIsTwoOverOneMoreThanTheDimension) {
  for (unsigned k = 2; k <= 6; ++k) {
    EXPECT_NEAR(drawn::gap(drawn::graph<Hypercube>(1u << k)), 2.0 / (k + 1), drawn::gap_tolerance);
  }
}

}  // namespace
}  // namespace cohort
