#include "algorithms/rules/caf.hpp"

#include "tests/algorithms/aggregation_rows.hpp"

namespace cohort {
namespace {

constexpr double rounding = 1e-14;  // of an eigenpair of small numbers

Vec weights(const Mat& x, std::size_t f) {
  return *rows::rule<Caf>().weights(rows::measured(x), rows::input(f));
}

// Rows 0, 1, 5; at least n − 2f = 1 of the weight stays.
//   c = 1, 1, 1:      μ = 2,     λ = 14/3,    τ = 4, 1, 9
//   c = 5/9, 8/9, 0:  μ = 8/13,  λ = 40/169,  τ ∝ 64, 25
//   c = 0, 13/24, 0:  less than 1
TEST(Caf, LowersWeightsByHowFarRowsReach) {
  const Vec w = weights(rows::matrix({{0}, {1}, {5}}), 1);
  EXPECT_LT((w - rows::vector({5.0 / 13, 8.0 / 13, 0, 0})).norm(), rounding);
}

// The two rows at 7 go in the first step, τ = 4 and 25 about the mean 2; the others agree.
TEST(Caf, OfTwoClustersIsTheLargerOne) {
  const Mat x = rows::matrix({{7}, {0}, {0}, {7}, {0}, {0}, {0}});
  EXPECT_LT((weights(x, 2) - rows::vector({0, .2, .2, 0, .2, .2, .2, 0})).norm(), rounding);
}

// Variances of all six along the axes: 32/6 and 27/6 − 1/9. Without the first two, which reach
// farthest along the first axis, 6.25 along the second; then all have gone.
TEST(Caf, KeepsTheMeanOfLeastVarianceOnTheWay) {
  const Mat x = rows::matrix({{4, 1}, {-4, 1}, {0, 2.5}, {0, -2.5}, {0, 2.5}, {0, -2.5}});
  const double sixth = 1.0 / 6;
  EXPECT_EQ(weights(x, 2), rows::vector({sixth, sixth, sixth, sixth, sixth, sixth, 0}));
}

TEST(Caf, ToleratesLessThanHalf) {
  const auto caf = rows::rule<Caf>();
  EXPECT_TRUE(caf.needs_f());
  EXPECT_EQ(caf.tolerated(7), 3U);
  EXPECT_EQ(caf.tolerated(8), 3U);
}

}  // namespace
}  // namespace cohort
