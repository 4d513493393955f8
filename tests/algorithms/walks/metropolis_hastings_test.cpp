#include "algorithms/walks/metropolis_hastings.hpp"

#include <limits>

#include "tests/algorithms/walks/hops.hpp"

namespace cohort {
namespace {

TEST(MetropolisHastingsWalk, OfTheUniformTargetIsTheSmallerOfTheInverseDegrees) {
  const Graph g = hops::uneven();
  const auto walk = hops::walk<MetropolisHastingsWalk>(g);
  const std::vector<double> at_1 = walk->law(walk->start(1));  // degree 2, neighbours 0 and 2
  EXPECT_DOUBLE_EQ(at_1[0], 0.5);
  EXPECT_DOUBLE_EQ(at_1[1], 0.25);
  EXPECT_DOUBLE_EQ(at_1[2], 0.25);
  for (const double p : walk->stationary()) EXPECT_DOUBLE_EQ(p, 1.0 / 6);
  hops::expect_stationary(*walk, g);
  hops::expect_hops_by_law(*walk, g, walk->start(1));
}

TEST(MetropolisHastingsWalk, VisitsByAnyTarget) {
  const Graph g = hops::uneven();
  const double target[] = {3, 1, 10, 0.5, 2, 7};
  const auto walk = hops::walk<MetropolisHastingsWalk>(g, {}, target);
  EXPECT_DOUBLE_EQ(walk->stationary()[2], 10 / 23.5);
  hops::expect_stationary(*walk, g);
  for (std::uint32_t i = 0; i < 6; ++i) hops::expect_hops_by_law(*walk, g, walk->start(i), 1000);
}

TEST(MetropolisHastingsWalk, RefusesTargetsThatAreNotPositive) {
  const Graph g = hops::uneven();
  for (const double bad : {0.0, -1.0, std::numeric_limits<double>::infinity(),
                           std::numeric_limits<double>::quiet_NaN()}) {
    const double target[] = {1, 1, 1, bad, 1, 1};
    EXPECT_THAT(hops::refusal<MetropolisHastingsWalk>(g, {}, target),
                testing::HasSubstr("for node 3"));
  }
  const double few[] = {1, 1};
  EXPECT_THAT(hops::refusal<MetropolisHastingsWalk>(g, {}, few), testing::HasSubstr("6 weights"));
}

}  // namespace
}  // namespace cohort
