#include "algorithms/attacks/optimal_alie.hpp"

#include <cmath>

#include "algorithms/attacks/alie.hpp"
#include "algorithms/rules/median.hpp"
#include "tests/algorithms/attacks/crafted.hpp"

namespace cohort {
namespace {

// h = 8 honest and 2 that collude.
const Mat honest = rows::normal(8, 5, 1);
constexpr Index liars = 2;

TEST(OptimalAlie, HarmsTheMedianAtLeastAsMuchAsAnyFixedFactor) {
  const auto median = rows::rule<Median>();
  const auto damage = rows::damage(median, honest, liars);
  const double best = damage(rows::crafted<OptimalAlie>({}, honest, liars, damage));
  for (const double z : {0.1, 0.5, 1.0, 2.0, 5.0, 1e3}) {
    EXPECT_GE(best, damage(rows::crafted<Alie>({z}, honest, liars))) << z;
  }
}

// A rule that follows up to z = 6.5 and sees through what is beyond. From 0 the step 1 doubles: to
// 1, 3, not to 7; then δ = 0.8 · 4: to 6.2.
TEST(OptimalAlie, SendsTheMeanLessTheFactorItFinds) {
  const Vec mean = rows::mean(honest), sigma = rows::deviation(honest);
  const auto follows_to_6_5 = [&](const Vec& row) {
    const double z = (mean - row).dot(sigma) / sigma.squaredNorm();
    return z <= 6.5 ? 1.0 + z : 0.0;
  };
  const Vec row = rows::crafted<OptimalAlie>({5, 1.0}, honest, liars, follows_to_6_5);
  EXPECT_LT((row - (mean - 6.2 * sigma)).norm(), 1e-13);
}

// μ = 2, σ = √((16 + 4 + 0 + 4 + 16)/4) = √10. Two rows at μ leave the median of seven at 2; below
// −2 they move it to 0, and no farther however far they go: the first step, z = 10, stays.
TEST(OptimalAlie, GoesNoFurtherThanHelpsAgainstTheMedian) {
  const Mat five = rows::matrix({{-2}, {0}, {2}, {4}, {6}});
  const auto median = rows::rule<Median>();
  const auto damage = rows::damage(median, five, liars);
  const Vec row = rows::crafted<OptimalAlie>({}, five, liars, damage);
  EXPECT_NEAR(row[0], 2 - 10 * std::sqrt(10.0), 1e-13);
  EXPECT_EQ(rows::poisoned(median, five, row, liars), rows::vector({0}));
}

}  // namespace
}  // namespace cohort
