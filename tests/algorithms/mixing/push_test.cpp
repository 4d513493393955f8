#include "algorithms/mixing/push.hpp"

#include "algorithms/graphs/star.hpp"
#include "tests/algorithms/graphs/drawn.hpp"

namespace cohort {
namespace {

TEST(PushWeights, SplitWhatASenderHas) {
  const Edge edges[] = {{0, 1}, {0, 2}, {1, 2}, {2, 0}};
  const Mat w = drawn::mixed<PushWeights>(make_graph(3, edges, true));
  Mat by_hand(3, 3);
  by_hand << 1 / 3.0, 0, 1 / 2.0,  //
      1 / 3.0, 1 / 2.0, 0,         //
      1 / 3.0, 1 / 2.0, 1 / 2.0;
  EXPECT_EQ(w, by_hand);
}

TEST(PushWeights, AreForPushSumOnly) {
  const auto w = MixingOf<PushWeights>({}).matrix(drawn::graph<Star>(5));
  EXPECT_TRUE(check_column_stochastic("push", *w));
  const auto refused = check_doubly_stochastic("push", *w);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, testing::HasSubstr("push-sum"));
}

}  // namespace
}  // namespace cohort
