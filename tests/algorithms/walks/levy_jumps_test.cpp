#include "algorithms/walks/levy_jumps.hpp"

#include "algorithms/graphs/ring.hpp"
#include "algorithms/walks/metropolis_hastings.hpp"
#include "tests/algorithms/walks/hops.hpp"

namespace cohort {
namespace {

TEST(LevyJumps, WithoutJumpsIsMetropolisHastingsInLaw) {
  const Graph g = hops::uneven();
  const double target[] = {3, 1, 10, 0.5, 2, 7};
  const auto jumps = hops::walk<LevyJumps>(g, {0.0, 0.5, 3}, target);
  const auto plain = hops::walk<MetropolisHastingsWalk>(g, {}, target);
  for (std::uint32_t i = 0; i < 6; ++i) {
    EXPECT_EQ(jumps->law(jumps->start(i)), plain->law(plain->start(i)));
  }
  EXPECT_EQ(jumps->stationary(), plain->stationary());
}

TEST(LevyJumps, LengthsFollowTheTruncatedGeometricLaw) {
  const Graph g = hops::uneven();
  const auto walk = hops::walk<LevyJumps>(g, {1.0, 0.5, 3});
  std::vector<double> length(4, 0.0);
  for (std::uint64_t k = 0; k < 7000; ++k) {
    WalkState state = walk->start(2);
    std::size_t n = 0;
    do {
      walk->hop(state, Stream(k, Purpose::walk, 0, state.hops));
      ++n;
    } while (!state.visits());
    ASSERT_LE(n, 3u);
    length[n] += 1.0 / 7000;
  }
  // 4/7, 2/7, 1/7 within 5 standard deviations.
  EXPECT_NEAR(length[1], 4.0 / 7, 0.03);
  EXPECT_NEAR(length[2], 2.0 / 7, 0.03);
  EXPECT_NEAR(length[3], 1.0 / 7, 0.03);
}

TEST(LevyJumps, LeaveANodeThatTrapsThePlainWalk) {
  // On a ring a node 200 times as smooth holds the plain walk for 200 hops on average.
  const Graph g = *Ring{}.graph({20});
  std::vector<double> target(20, 1.0);
  target[0] = 200.0;
  const auto first_exit = [&](const Walk& walk) {
    double hops = 0.0;
    for (std::uint64_t k = 0; k < 200; ++k) {
      WalkState state = walk.start(0);
      while (state.node == 0) {
        walk.hop(state, Stream(k, Purpose::walk, 0, state.hops));
        hops += 1.0 / 200;
      }
    }
    return hops;
  };
  EXPECT_NEAR(first_exit(*hops::walk<MetropolisHastingsWalk>(g, {}, target)), 200.0, 60.0);
  EXPECT_NEAR(first_exit(*hops::walk<LevyJumps>(g, {0.1, 0.5, 3}, target)), 10.0, 3.5);
}

TEST(LevyJumps, HopByTheirLaw) {
  const Graph g = hops::uneven();
  const auto walk = hops::walk<LevyJumps>(g, {0.3, 0.5, 3});
  hops::expect_hops_by_law(*walk, g, walk->start(1));
}

}  // namespace
}  // namespace cohort
