#include "algorithms/transforms/clip.hpp"

#include "tests/algorithms/stages.hpp"

namespace cohort {
namespace {

Vec clipped(double norm, Vec g) {
  const TransformOf<Clip> clip({.norm = norm});
  State state;
  clip.start(state, static_cast<std::size_t>(g.size()));
  const double factor = clip.factor(stages::info(), state, g, g, 1.0);
  return factor * g;
}

TEST(Clip, ShortensToTheNormAndKeepsTheDirection) {
  EXPECT_EQ(clipped(1.0, Vec{{3.0, -4.0}}), (Vec{{3.0 * 0.2, -4.0 * 0.2}}));
}

TEST(Clip, LeavesWhatIsShortEnoughBitwise) {
  const Vec g{{3.0, -4.0}};
  EXPECT_EQ(clipped(5.0, g), g);
  EXPECT_EQ(clipped(1e300, g), g);
}

TEST(Clip, ZeroStaysZero) { EXPECT_EQ(clipped(1.0, Vec::Zero(3)), Vec::Zero(3)); }

TEST(Clip, CountsTheScaleOfTheStagesBefore) {
  const TransformOf<Clip> clip({.norm = 1.0});
  State state;
  const Vec g{{3.0, -4.0}};
  EXPECT_EQ(clip.factor(stages::info(), state, g, g, -0.1), 1.0);
  EXPECT_EQ(clip.factor(stages::info(), state, g, g, -10.0), 0.02);
}

TEST(Clip, NonFinitePassesUnchangedSoThatItIsSeen) {
  const double inf = std::numeric_limits<double>::infinity();
  EXPECT_EQ(clipped(1.0, Vec{{inf, 1.0}}), (Vec{{inf, 1.0}}));
  EXPECT_EQ(clipped(1.0, Vec{{1e200, 1.0}}), (Vec{{1e200, 1.0}}));  // its square overflows
  const Vec nan = clipped(1.0, Vec{{std::numeric_limits<double>::quiet_NaN(), 1.0}});
  EXPECT_TRUE(std::isnan(nan(0)));
  EXPECT_EQ(nan(1), 1.0);
}

}  // namespace
}  // namespace cohort
