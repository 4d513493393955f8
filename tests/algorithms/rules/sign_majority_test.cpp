#include "algorithms/rules/sign_majority.hpp"

#include "tests/algorithms/aggregation_rows.hpp"

namespace cohort {
namespace {

Vec majority(const Mat& x) { return rows::apply(rows::rule<SignMajority>(), x, 0); }

// Votes 3 : 1, 1 : 2 with one that is 0, none, 1 : 1, and 2 : 2.
TEST(SignMajority, CountsSigns) {
  EXPECT_EQ(
      majority(rows::matrix(
          {{3, -1, 0, 5, 1}, {-.1, -2, 0, -5, 1}, {2, 4, -0.0, 0, -1}, {1e-300, 0, 0, 0, -1}})),
      rows::vector({1, -1, 0, 0, 0}));
}

TEST(SignMajority, DoesNotCareForScaleAndTurnsWithTheRows) {
  const Mat x = rows::normal(6, 9, 2);
  EXPECT_EQ(majority(1e-3 * x), majority(x));
  EXPECT_EQ(majority(-x), -majority(x));
}

TEST(SignMajority, GivesEachRowOneVoteHoweverLongItIs) {
  EXPECT_EQ(majority(rows::matrix({{-1e150, 1}, {1e-150, 1}, {1e-150, -1e150}})),
            rows::vector({1, 1}));
}

// Coordinates are counted in strips; 1300 are two and a part of a third.
TEST(SignMajority, CountsEveryCoordinateOfALongRow) {
  const Mat x = rows::normal(5, 1300, 1);
  const Vec counted = x.array().sign().colwise().sum().sign().matrix().transpose();
  EXPECT_EQ(majority(x), counted);
}

TEST(SignMajority, ToleratesLessThanHalf) {
  EXPECT_FALSE(rows::rule<SignMajority>().needs_f());
  EXPECT_EQ(rows::rule<SignMajority>().tolerated(7), 3U);
  EXPECT_EQ(rows::rule<SignMajority>().tolerated(8), 3U);
}

}  // namespace
}  // namespace cohort
