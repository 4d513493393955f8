#include "algorithms/graphs/random_matching.hpp"

#include "tests/algorithms/graphs/gaps.hpp"

namespace cohort {
namespace {

TEST(RandomMatching, PairsEveryNodeOnceARound) {
  const Graph even = drawn::graph<RandomMatching>(10, {}, 4);
  EXPECT_EQ(degrees(even).min, 1u);
  EXPECT_EQ(degrees(even).max, 1u);
  EXPECT_EQ(drawn::graph<RandomMatching>(9, {}, 4).edges(), 4u);
  EXPECT_NE(drawn::graph<RandomMatching>(10, {}, 5), even);
}

TEST(RandomMatching, DisagreementShrinksByItsFactor) {
  // One node against the rest: every matching shrinks it alike.
  constexpr double n = 8;
  Vec x = Vec::Constant(8, -1 / n);
  x[0] += 1.0;
  const Vec y = drawn::mixed<MetropolisWeights>(drawn::graph<RandomMatching>(8)) * x;
  EXPECT_NEAR(y.squaredNorm() / x.squaredNorm(), 0.5 * (n - 2) / (n - 1), 1e-14);
}

}  // namespace
}  // namespace cohort
