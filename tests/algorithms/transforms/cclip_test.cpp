#include "algorithms/transforms/cclip.hpp"

#include <gtest/gtest.h>

#include "algorithms/transforms/momentum.hpp"
#include "algorithms/transforms/stable_noise.hpp"
#include "algorithms/transforms/vclip.hpp"
#include "tests/algorithms/stages.hpp"

namespace cohort {
namespace {

struct Tracker {
  TransformOf<CClip> transform;
  State state;
  explicit Tracker(Rate tau, Index d = 37) : transform({.tau = tau}) {
    transform.start(state, static_cast<std::size_t>(d));
  }
  Vec after(const Vec& g, std::uint64_t round = 1) {
    return stages::transformed(transform, state, g, g, round);
  }
};

TEST(CClip, NoCoordinateMovesByMoreThanTau) {
  Tracker t(1.5, 4);
  EXPECT_EQ(t.after(Vec{{10.0, -10.0, 1.0, 0.0}}), (Vec{{1.5, -1.5, 1.0, 0.0}}));
  EXPECT_EQ(t.after(Vec{{10.0, 0.5, 1.0, -1.0}}), (Vec{{3.0, 0.0, 1.0, -1.0}}));
}

TEST(CClip, FromZeroClipsEachCoordinateBitwise) {
  for (std::uint64_t k = 0; k < 4; ++k) {
    const Vec g = stages::surrogate(k);
    EXPECT_EQ(Tracker(0.8).after(g), g.cwiseMin(0.8).cwiseMax(-0.8));
  }
}

TEST(CClip, FromZeroWithASmallTauIsTheSignBitwise) {
  const Vec g = stages::surrogate(0);
  EXPECT_EQ(Tracker(0x1p-20).after(g), 0x1p-20 * g.cwiseSign());
}

TEST(CClip, OfOneCoordinateIsVClip) {
  Tracker t(0.6, 1);
  const TransformOf<VClip> vclip({.tau = 0.6});
  State state;
  vclip.start(state, 1);
  for (std::uint64_t k = 0; k < 20; ++k) {
    const Vec g = stages::surrogate(k, 1);
    EXPECT_NEAR(t.after(g)[0], stages::transformed(vclip, state, g, g)[0], 1e-14) << k;
  }
}

TEST(CClip, PassesOverACoordinateThatIsNotANumber) {
  Tracker t(2.0, 3);
  t.after(Vec{{1.0, 1.0, 1.0}});
  EXPECT_EQ(t.after(Vec{{std::nan(""), HUGE_VAL, -HUGE_VAL}}), (Vec{{1.0, 3.0, -1.0}}));
}

// Cauchy noise has no mean: a moving average is as far off as one draw, the median tracker is not.
TEST(CClip, FindsTheGradientUnderNoiseWithoutAMean) {
  constexpr Index d = 200;
  const Vec gradient = stages::surrogate(0, d);
  const TransformOf<StableNoise> noise({.scale = 1.0, .alpha = 1.0});
  const TransformOf<Momentum> average({.beta = 0.99, .dampening = 0.99});
  Tracker t(Rate(InverseSqrtRate{{0.5, 0}, 1.0}), d);
  State none, averaged;
  average.start(averaged, d);
  Vec median, mean;
  for (std::uint64_t round = 1; round <= 2000; ++round) {
    const Vec g = stages::transformed(noise, none, gradient, gradient, round);
    median = t.after(g, round);
    mean = stages::transformed(average, averaged, gradient, g, round);
  }
  // The stationary variance of such a walk is about τ times π/4, at τ = 0.5/√2000.
  EXPECT_LT((median - gradient).norm() / std::sqrt(d), 0.2);
  EXPECT_GT((mean - gradient).norm() / std::sqrt(d), 1.0);
}

}  // namespace
}  // namespace cohort
