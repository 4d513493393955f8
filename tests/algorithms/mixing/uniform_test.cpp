#include "algorithms/mixing/uniform.hpp"

#include "algorithms/graphs/exponential.hpp"
#include "algorithms/graphs/star.hpp"
#include "tests/algorithms/graphs/drawn.hpp"

namespace cohort {
namespace {

TEST(UniformWeights, AverageWhatIsHeard) {
  const Edge edges[] = {{0, 1}, {2, 1}};  // 1 hears 0 and 2
  const Mat w = drawn::mixed<UniformWeights>(make_graph(3, edges, true));
  Mat by_hand(3, 3);
  by_hand << 1, 0, 0,  //
      1 / 3.0, 1 / 3.0, 1 / 3.0, 0, 0, 1;
  EXPECT_EQ(w, by_hand);
}

TEST(UniformWeights, KeepTheMeanOfEqualDegreesOnly) {
  const auto good = MixingOf<UniformWeights>({}).matrix(drawn::graph<Exponential>(9));
  EXPECT_TRUE(check_doubly_stochastic("uniform", *good));
  const auto bad = MixingOf<UniformWeights>({}).matrix(drawn::graph<Star>(5));
  EXPECT_TRUE(stochasticity(*bad).rows());
  const auto refused = check_doubly_stochastic("uniform", *bad);
  ASSERT_FALSE(refused);
  // Node 0 counts for 1/5 at itself and for 1/2 at each of the four others.
  EXPECT_THAT(refused.error().message,
              testing::AllOf(testing::HasSubstr("node 0"), testing::HasSubstr("2.2"),
                             testing::HasSubstr("metropolis")));
}

}  // namespace
}  // namespace cohort
