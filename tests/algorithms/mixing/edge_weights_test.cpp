#include "algorithms/mixing/edge_weights.hpp"

#include "tests/algorithms/graphs/drawn.hpp"

namespace cohort {
namespace {

TEST(EdgeWeights, AreThoseOfTheGraph) {
  const Edge edges[] = {{0, 1}, {2, 1}};
  const double weights[] = {0.25, 0.5};
  const Mat w = drawn::mixed<EdgeWeights>(make_graph(3, edges, false, weights));
  Mat by_hand(3, 3);
  by_hand << 0.75, 0.25, 0, 0.25, 0.25, 0.5, 0, 0.5, 0.5;
  EXPECT_EQ(w, by_hand);
}

TEST(EdgeWeights, FollowTheDirection) {
  const Edge edges[] = {{0, 1}};
  const double weights[] = {0.25};
  Mat by_hand(2, 2);
  by_hand << 1, 0, 0.25, 0.75;
  EXPECT_EQ(drawn::mixed<EdgeWeights>(make_graph(2, edges, true, weights)), by_hand);
}

TEST(EdgeWeights, RefuseGraphsWithoutAndThoseThatExceedOne) {
  const Edge edges[] = {{0, 1}};
  const auto none = MixingOf<EdgeWeights>({}).matrix(make_graph(2, edges));
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().message, testing::HasSubstr("weighted edges"));
  const double weights[] = {1.5};
  const auto much = MixingOf<EdgeWeights>({}).matrix(make_graph(2, edges, false, weights));
  ASSERT_FALSE(much);
  EXPECT_THAT(much.error().message, testing::HasSubstr("node 0"));
}

}  // namespace
}  // namespace cohort
