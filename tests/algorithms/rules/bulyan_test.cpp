#include "algorithms/rules/bulyan.hpp"

#include "tests/algorithms/aggregation_rows.hpp"

namespace cohort {
namespace {

constexpr double rounding = 1e-14;  // a few sums of numbers about 10

// n = 7, f = 1: five rows by Krum with 4, 3, 2, 1, 1 neighbours.
//   of 0 1 3 7 9 20 1000: 3 has 4 + 9 + 16 + 36 = 65; 1 and 7 have 105, 0 has 140, 9 has 185
//   of 0 1 7 9 20 1000: 7 has 4 + 36 + 49 = 89; 1 has 101, 0 has 131
//   of 0 1 9 20 1000: 1 has 1 + 64 = 65; 0 has 82, 9 has 145
//   of 0 9 20 1000: 0 and 9 have 81 of each other; 9 is closer to all
//   of 0 20 1000: 0 and 20 have 400 of each other; 20 is closer to all
// Their median is 7; the three values nearest to it are 7, 9 and 3.
TEST(Bulyan, RepeatsKrumAndAveragesAroundTheMedian) {
  const Mat x = rows::matrix({{0}, {1}, {3}, {7}, {9}, {20}, {1000}});
  const auto bulyan = rows::rule<Bulyan>();
  const Mat m = *bulyan.selection(rows::measured(x), rows::input(1));
  EXPECT_EQ(rows::mapped(m, x), rows::matrix({{3}, {7}, {1}, {9}, {20}}));
  EXPECT_NEAR(rows::apply(bulyan, x, 1)[0], 19.0 / 3, rounding);
}

TEST(Bulyan, WithoutByzantineRowsIsTheMean) {
  const Mat x = rows::normal(9, 6, 1);
  const Vec mean = x.colwise().mean().transpose();
  EXPECT_LT((rows::apply(rows::rule<Bulyan>(), x, 0) - mean).norm(), rounding);
}

// What the rule is for: in many dimensions honest rows are √(2d) apart, and the mean of them with
// one coordinate moved by less than √d is nearer to each.
TEST(Bulyan, IsNotLedAlongOneCoordinateAsKrumIs) {
  const Index d = 400;
  Mat x = rows::normal(7, d, 2);
  x.row(3) = (x.colwise().sum() - x.row(3)) / 6;
  x(3, 0) += 10.0;
  EXPECT_EQ(rows::apply(rows::rule<Krum>(), x, 1), x.row(3).transpose());
  const double first = rows::apply(rows::rule<Bulyan>(), x, 1)[0];
  x(3, 0) = x(0, 0);
  EXPECT_LE(first, x.col(0).maxCoeff());
  EXPECT_GE(first, x.col(0).minCoeff());
}

TEST(Bulyan, ToleratesAQuarterOfAllButThree) {
  const auto bulyan = rows::rule<Bulyan>();
  EXPECT_TRUE(bulyan.needs_f());
  EXPECT_EQ(bulyan.tolerated(2), 0U);
  EXPECT_EQ(bulyan.tolerated(6), 0U);
  EXPECT_EQ(bulyan.tolerated(7), 1U);
  EXPECT_EQ(bulyan.tolerated(10), 1U);
  EXPECT_EQ(bulyan.tolerated(11), 2U);
}

}  // namespace
}  // namespace cohort
