#include "algorithms/attacks/optimal_ipm.hpp"

#include <vector>

#include "algorithms/attacks/ipm.hpp"
#include "algorithms/rules/mean.hpp"
#include "algorithms/rules/median.hpp"
#include "tests/algorithms/attacks/crafted.hpp"

namespace cohort {
namespace {

// h = 8 honest and 2 that collude.
const Mat honest = rows::normal(8, 5, 1);
constexpr Index liars = 2;

/// τ of the row −τ μ.
double factor(const Vec& row) {
  return -row.dot(rows::mean(honest)) / rows::mean(honest).squaredNorm();
}

// A rule that follows up to τ = 65 and sees through what is beyond. From 0 the step 10 doubles: to
// 10, 30, not to 70; then δ = 0.8 · 40: to 62.
TEST(OptimalIpm, SearchesInDoublingThenShrinkingSteps) {
  std::vector<double> asked;
  const auto follows_to_65 = [&](const Vec& row) {
    asked.push_back(factor(row));
    return asked.back() <= 65.0 ? 1.0 + asked.back() : 0.0;
  };
  const Vec row = rows::crafted<OptimalIpm>({5, 10.0}, honest, liars, follows_to_65);
  EXPECT_NEAR(factor(row), 62.0, 1e-11);
  ASSERT_EQ(asked.size(), 5U);
  const std::vector<double> expected = {0, 10, 30, 70, 62};
  for (std::size_t k = 0; k < 5; ++k) EXPECT_NEAR(asked[k], expected[k], 1e-11);
}

// The mean follows anywhere: after 4 evaluations τ = 10 + 20 + 40.
TEST(OptimalIpm, RunsAwayWithTheMean) {
  const auto mean = rows::rule<Mean>();
  const Vec row =
      rows::crafted<OptimalIpm>({4, 10.0}, honest, liars, rows::damage(mean, honest, liars));
  EXPECT_NEAR(factor(row), 70.0, 1e-11);
}

TEST(OptimalIpm, HarmsTheMedianAtLeastAsMuchAsAnyFixedFactor) {
  const auto median = rows::rule<Median>();
  const auto damage = rows::damage(median, honest, liars);
  const double best = damage(rows::crafted<OptimalIpm>({}, honest, liars, damage));
  for (const double scale : {0.1, 0.5, 1.0, 2.0, 5.0, 1e3}) {
    EXPECT_GE(best, damage(rows::crafted<Ipm>({scale}, honest, liars))) << scale;
  }
}

TEST(OptimalIpm, IsZeroWhereNoFactorHurts) {
  const auto unmoved = [](const Vec&) { return 0.0; };
  EXPECT_LT(rows::crafted<OptimalIpm>({}, honest, liars, unmoved).norm(), 1e-14);
}

}  // namespace
}  // namespace cohort
