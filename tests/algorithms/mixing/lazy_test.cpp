#include "algorithms/mixing/lazy.hpp"

#include "algorithms/graphs/path.hpp"
#include "tests/algorithms/graphs/drawn.hpp"

namespace cohort {
namespace {

TEST(LazyWeights, AreHalfOfTheIdentity) {
  const Graph g = drawn::graph<PathGraph>(5);
  const Mat identity = Mat::Identity(5, 5);
  EXPECT_EQ(drawn::mixed<LazyWeights>(g), (identity + drawn::mixed<MetropolisWeights>(g)) / 2);
  EXPECT_EQ(drawn::mixed<LazyWeights>(g, {LazyBase::max_degree}),
            (identity + drawn::mixed<MaxDegreeWeights>(g)) / 2);
}

}  // namespace
}  // namespace cohort
