#include "algorithms/transforms/huber.hpp"

#include <gtest/gtest.h>

#include "algorithms/transforms/clip.hpp"
#include "algorithms/transforms/momentum.hpp"
#include "tests/algorithms/stages.hpp"

namespace cohort {
namespace {

// Some ten roundings of numbers of order one.
constexpr double rounding = 1e-14;

struct Tracker {
  TransformOf<Huber> transform;
  State state;
  explicit Tracker(Huber::Options options, Index d = 37) : transform(options) {
    transform.start(state, static_cast<std::size_t>(d));
  }
  Vec after(const Vec& g) { return stages::transformed(transform, state, g, g); }
};

TEST(Huber, WithMuAtInfinityIsMomentumBitwise) {
  for (const double beta : {0.0, 0.3, 0.9}) {
    const TransformOf<Momentum> momentum({.beta = beta, .dampening = beta});
    State state;
    momentum.start(state, 37);
    for (const double mu : {HUGE_VAL, 1e300}) {
      Tracker t({.beta = beta, .mu = mu});
      momentum.start(state, 37);
      for (std::uint64_t k = 0; k < 6; ++k) {
        const Vec g = stages::surrogate(k);
        EXPECT_EQ(t.after(g), stages::transformed(momentum, state, g, g)) << beta << " " << k;
      }
    }
  }
}

TEST(Huber, StepIsTheSmallerOfMomentumsAndTauMu) {
  // β = 0.8: τ = 0.25, c = μ/β = 5.
  Tracker near({.beta = 0.8, .mu = 4.0}, 2), far({.beta = 0.8, .mu = 4.0}, 2);
  EXPECT_LT((near.after(Vec{{3.0, 0.0}}) - Vec{{0.6, 0.0}}).norm(), rounding);
  EXPECT_LT((far.after(Vec{{600.0, 800.0}}) - Vec{{0.6, 0.8}}).norm(), rounding);
}

// The gradient of H(z − g) + ‖z − m‖²/(2τ) at z = m⁺, H' = z up to length μ, μ z/‖z‖ beyond.
TEST(Huber, IsTheProximalStepOfTheHuberFunction) {
  constexpr double beta = 0.75, mu = 4.0, tau = (1 - beta) / beta;
  Tracker t({.beta = beta, .mu = mu});
  Vec m = Vec::Zero(37);
  bool is_long[2] = {};
  for (std::uint64_t k = 0; k < 8; ++k) {
    const Vec g = (k % 2 == 0 ? 0.3 : 2.0) * stages::surrogate(k), next = t.after(g);
    Vec slope = next - g;
    is_long[slope.norm() > mu] = true;
    slope *= std::min(1.0, mu / slope.norm());
    EXPECT_LT((slope + (next - m) / tau).norm(), 10 * rounding) << k;
    m = next;
  }
  EXPECT_TRUE(is_long[0] && is_long[1]);
}

TEST(Huber, FromZeroIsAShareOfClip) {
  const TransformOf<Clip> clip({.norm = 2.0});
  State none;
  const Vec g = stages::surrogate(0);
  const Vec expected = 0.5 * stages::transformed(clip, none, g, g);
  EXPECT_EQ(Tracker({.beta = 0.5, .mu = 1.0}).after(g), expected);
}

TEST(Huber, PassesOverWhatIsNotFinite) {
  Tracker t({}, 2);
  const Vec m = t.after(Vec{{1.0, 2.0}});
  for (const double bad : {std::nan(""), HUGE_VAL}) EXPECT_EQ(t.after(Vec{{bad, 0.0}}), m) << bad;
}

}  // namespace
}  // namespace cohort
