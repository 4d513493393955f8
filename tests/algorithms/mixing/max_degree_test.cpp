#include "algorithms/mixing/max_degree.hpp"

#include "algorithms/graphs/star.hpp"
#include "algorithms/graphs/torus.hpp"
#include "algorithms/mixing/metropolis.hpp"
#include "tests/algorithms/graphs/drawn.hpp"

namespace cohort {
namespace {

TEST(MaxDegreeWeights, GiveEveryEdgeTheSame) {
  const Edge edges[] = {{0, 1}, {1, 2}, {1, 3}};
  const Mat w = drawn::mixed<MaxDegreeWeights>(make_graph(4, edges));
  Mat by_hand(4, 4);
  by_hand << 0.75, 0.25, 0, 0,  //
      0.25, 0.25, 0.25, 0.25,   //
      0, 0.25, 0.75, 0,         //
      0, 0.25, 0, 0.75;
  EXPECT_LT((w - by_hand).cwiseAbs().maxCoeff(), 1e-15);
}

TEST(MaxDegreeWeights, AreMetropolisWhereDegreesAreEqual) {
  const Graph g = drawn::graph<Torus>(20);
  EXPECT_EQ(drawn::mixed<MaxDegreeWeights>(g), drawn::mixed<MetropolisWeights>(g));
}

}  // namespace
}  // namespace cohort
