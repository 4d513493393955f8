#include "algorithms/mixing/metropolis.hpp"

#include "algorithms/graphs/ring.hpp"
#include "algorithms/graphs/star.hpp"
#include "tests/algorithms/graphs/drawn.hpp"

namespace cohort {
namespace {

TEST(MetropolisWeights, FollowTheLargerDegree) {
  const Mat w = drawn::mixed<MetropolisWeights>(drawn::graph<Star>(4));
  Mat by_hand = Mat::Zero(4, 4);
  by_hand.row(0).setConstant(0.25);
  by_hand.col(0).setConstant(0.25);
  for (Index i = 1; i < 4; ++i) by_hand(i, i) = 0.75;
  EXPECT_LT((w - by_hand).cwiseAbs().maxCoeff(), 1e-15);
}

TEST(MetropolisWeights, AreDoublyStochasticOnAnyUndirectedGraph) {
  const Edge edges[] = {{0, 1}, {1, 2}, {2, 3}, {3, 1}, {3, 4}};
  const auto w = MixingOf<MetropolisWeights>({}).matrix(make_graph(6, edges));
  ASSERT_TRUE(w);
  EXPECT_TRUE(check_doubly_stochastic("metropolis", *w));
  EXPECT_TRUE(stochasticity(*w).is_symmetric);
  EXPECT_EQ(w->self[5], 1.0) << "an isolated node keeps its value";
}

TEST(MetropolisWeights, AreNotPeriodicOnAnEvenRing) {
  EXPECT_GT(drawn::mixed<MetropolisWeights>(drawn::graph<Ring>(4)).diagonal().minCoeff(), 0.3);
}

TEST(MetropolisWeights, RefuseDirectedGraphs) {
  const Edge edges[] = {{0, 1}, {1, 0}};
  const auto w = MixingOf<MetropolisWeights>({}).matrix(make_graph(2, edges, true));
  ASSERT_FALSE(w);
  EXPECT_THAT(w.error().message, testing::HasSubstr("undirected"));
}

}  // namespace
}  // namespace cohort
