#include "algorithms/transforms/vclip.hpp"

#include <gtest/gtest.h>

#include "algorithms/rules/centered_clipping.hpp"
#include "algorithms/transforms/clip.hpp"
#include "tests/algorithms/aggregation_rows.hpp"
#include "tests/algorithms/stages.hpp"

namespace cohort {
namespace {

// Some ten roundings of numbers of order one.
constexpr double rounding = 1e-14;

struct Tracker {
  TransformOf<VClip> transform;
  State state;
  explicit Tracker(Rate tau, Index d = 37) : transform({.tau = tau}) {
    transform.start(state, static_cast<std::size_t>(d));
  }
  Vec after(const Vec& g, std::uint64_t round = 1) {
    return stages::transformed(transform, state, g, g, round);
  }
};

TEST(VClip, StepsAreClipped) {
  Tracker t(2.0, 2);
  EXPECT_EQ(t.after(Vec{{6.0, 8.0}}), (Vec{{6.0 * 0.2, 8.0 * 0.2}}));
  EXPECT_EQ(t.after(Vec{{1.0, 2.0}}), (Vec{{1.0, 2.0}}));  // nearer than tau
}

// The subgradient of ‖z − g‖ + ‖z − m‖²/(2τ) at z = m⁺.
TEST(VClip, IsTheProximalStepOfTheDistance) {
  constexpr double tau = 0.7;
  Tracker t(tau);
  Vec m = Vec::Zero(37);
  for (std::uint64_t k = 0; k < 6; ++k) {
    const Vec g = stages::surrogate(k), next = t.after(g);
    EXPECT_LT(((next - g) / (next - g).norm() + (next - m) / tau).norm(), rounding) << k;
    m = next;
  }
}

TEST(VClip, ReachesAConstantSurrogateExactlyInItsLengthOverTauSteps) {
  const Vec g = stages::surrogate(0);
  Tracker t(g.norm() / 3.5);
  for (int k = 1; k <= 3; ++k) EXPECT_NE(t.after(g), g) << k;
  EXPECT_EQ(t.after(g), g);
  EXPECT_EQ(t.after(g), g);
}

TEST(VClip, FromZeroIsClipBitwise) {
  for (const double bound : {0.1, 3.0, 100.0}) {
    const TransformOf<Clip> clip({.norm = bound});
    State none;
    for (std::uint64_t k = 0; k < 4; ++k) {
      const Vec g = 3.0 * stages::surrogate(k);
      EXPECT_EQ(Tracker(bound).after(g), stages::transformed(clip, none, g, g)) << bound;
    }
  }
}

TEST(VClip, FromZeroWithASmallTauIsTheNormalisedSurrogate) {
  const Vec g = stages::surrogate(0);
  EXPECT_EQ(Tracker(0x1p-20).after(g),
            (0x1p-20 / std::sqrt(kernels::squared_norm(as_span(g)))) * g);
}

TEST(VClip, IsCenteredClippingOfOneRow) {
  const auto rule = rows::rule<CenteredClipping>({.radius = 0.9});
  Tracker t(0.9);
  Vec v = Vec::Zero(37);
  for (std::uint64_t k = 0; k < 8; ++k) {
    Mat row(1, 37);
    row.row(0) = stages::surrogate(k).transpose();
    v = rows::apply(rule, row, 0, {}, v);
    EXPECT_LT((t.after(stages::surrogate(k)) - v).norm(), rounding) << k;
  }
}

TEST(VClip, TauFallsWithTheRound) {
  Tracker t(Rate(InverseRate{{1.0, 0}, 1.0}), 1);
  EXPECT_EQ(t.after(Vec{{10.0}}, 1)[0], 1.0);
  EXPECT_EQ(t.after(Vec{{10.0}}, 2)[0], 1.5);
  EXPECT_EQ(t.after(Vec{{10.0}}, 3)[0], 1.5 + 1.0 / 3.0);
}

TEST(VClip, PassesOverWhatIsNotFinite) {
  Tracker t(5.0, 2);
  const Vec m = t.after(Vec{{1.0, 2.0}});
  for (const double bad : {std::nan(""), HUGE_VAL, -HUGE_VAL}) {
    EXPECT_EQ(t.after(Vec{{bad, 0.0}}), m) << bad;
  }
  EXPECT_EQ(t.after(Vec{{3.0, 2.0}}), (Vec{{3.0, 2.0}}));
}

// Of (0, 0), (8, 0), (0, 6) in turn the median is where they are seen under 120°: here the Fermat
// point of a right triangle, found from its barycentric form.
TEST(VClip, TendsToTheGeometricMedianOfWhatItSees) {
  const Vec points[] = {Vec{{0.0, 0.0}}, Vec{{8.0, 0.0}}, Vec{{0.0, 6.0}}};
  Tracker t(Rate(InverseRate{{1.0, 0}, 0.05}), 2);
  Vec m;
  for (std::uint64_t round = 1; round <= 60'000; ++round) m = t.after(points[round % 3], round);
  Vec pull = Vec::Zero(2);
  for (const Vec& p : points) pull += (p - m) / (p - m).norm();
  EXPECT_LT(pull.norm(), 2e-3);  // the last steps are 3e-4 long, distances about 2
}

}  // namespace
}  // namespace cohort
