#include "algorithms/optimizers/adam.hpp"

#include "tests/algorithms/stages.hpp"

namespace cohort {
namespace {

// A dozen roundings, relative.
constexpr double rounding = 4e-15;

Vec after(const Adam::Options& options, const std::vector<Vec>& surrogates, double scale = 1.0) {
  return stages::after<Adam>(options, surrogates, Vec::Zero(surrogates.front().size()), scale);
}

TEST(Adam, FirstStepIsTheRateTimesTheSoftenedSign) {
  const Vec g = stages::surrogate(0, 1000);  // more than one piece
  const Vec w = after({.learning_rate = 0.5, .epsilon = 0.01}, {g});
  for (Index j = 0; j < g.size(); ++j) {
    const double expected = -0.5 * g(j) / (std::abs(g(j)) + 0.01);
    EXPECT_NEAR(w(j), expected, rounding);
  }
}

TEST(Adam, FollowsTheBoxInExtendedPrecision) {
  const std::vector<Vec> g = {stages::surrogate(0), stages::surrogate(1), stages::surrogate(2),
                              stages::surrogate(3)};
  const Vec w = after({.learning_rate = 0.1, .beta1 = 0.8, .beta2 = 0.95, .epsilon = 1e-3}, g);
  for (Index j = 0; j < w.size(); ++j) {
    long double m = 0, v = 0, x = 0, p1 = 1, p2 = 1;
    for (const Vec& s : g) {
      m = 0.8L * m + 0.2L * s(j);
      v = 0.95L * v + 0.05L * s(j) * s(j);
      p1 *= 0.8L;
      p2 *= 0.95L;
      x -= 0.1L * (m / (1 - p1)) / (std::sqrt(v / (1 - p2)) + 1e-3L);
    }
    EXPECT_NEAR(w(j), static_cast<double>(x), rounding) << j;
  }
}

TEST(Adam, StepsDoNotDependOnTheScaleOfTheGradient) {
  const std::vector<Vec> g = {stages::surrogate(0), stages::surrogate(1), stages::surrogate(2)};
  const Adam::Options options{.epsilon = 1e-30};  // far below √v
  EXPECT_TRUE(after(options, g).isApprox(after(options, g, 1e6), rounding));
}

TEST(Adam, ScaleIsAFactorOfTheGradientBitwise) {
  std::vector<Vec> g = {stages::surrogate(0), stages::surrogate(1)};
  const Vec scaled = after({}, g, 0.3);
  for (Vec& v : g) v *= 0.3;
  EXPECT_EQ(after({}, g), scaled);
}

TEST(Adam, ZeroGradientMovesNothing) {
  EXPECT_EQ(after({}, {Vec::Zero(3), Vec::Zero(3)}), Vec::Zero(3));
}

TEST(Adam, WithoutCorrectionIsFedAdam) {
  const Vec g = stages::surrogate(0);
  const Vec w = after({.learning_rate = 0.1, .epsilon = 1e-3, .bias_correction = false}, {g});
  for (Index j = 0; j < g.size(); ++j) {
    const double expected = -0.1 * 0.1 * g(j) / (std::sqrt(0.001) * std::abs(g(j)) + 1e-3);
    EXPECT_NEAR(w(j), expected, rounding);
  }
}

}  // namespace
}  // namespace cohort
