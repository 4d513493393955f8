#include "algorithms/rules/cge.hpp"

#include "tests/algorithms/aggregation_rows.hpp"

namespace cohort {
namespace {

Vec weights(const Mat& x, std::size_t f) {
  return *rows::rule<Cge>().weights(rows::measured(x), rows::input(f));
}

TEST(Cge, LeavesOutTheLongestRows) {
  const Mat x = rows::matrix({{3, 4}, {0, 1}, {6, 8}, {2, 0}});  // lengths 5, 1, 10, 2
  const double third = 1.0 / 3;
  EXPECT_EQ(weights(x, 0), rows::vector({.25, .25, .25, .25, 0}));
  EXPECT_EQ(weights(x, 1), rows::vector({third, third, 0, third, 0}));
  const Mat with_another = rows::matrix({{3, 4}, {0, 1}, {6, 8}, {2, 0}, {0, -1.5}});
  EXPECT_EQ(weights(with_another, 2), rows::vector({0, third, 0, third, third, 0}));
}

TEST(Cge, OfRowsOfEqualLengthKeepsTheFirst) {
  EXPECT_EQ(weights(rows::matrix({{0, 1}, {-1, 0}, {1, 0}}), 1), rows::vector({.5, .5, 0, 0}));
}

// Why it has no κ: three that agree, and one of them goes for one that is short and wrong.
TEST(Cge, KeepsARowThatIsShortAndWrong) {
  const double third = 1.0 / 3;
  EXPECT_EQ(weights(rows::matrix({{10}, {10}, {10}, {-2}}), 1),
            rows::vector({third, third, 0, third, 0}));
  EXPECT_FALSE(rows::rule<Cge>().kappa(4, 1));
}

TEST(Cge, ToleratesLessThanHalf) {
  EXPECT_TRUE(rows::rule<Cge>().needs_f());
  EXPECT_EQ(rows::rule<Cge>().tolerated(7), 3U);
  EXPECT_EQ(rows::rule<Cge>().tolerated(8), 3U);
}

}  // namespace
}  // namespace cohort
