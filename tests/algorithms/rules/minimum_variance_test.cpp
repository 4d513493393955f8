#include "algorithms/rules/minimum_variance.hpp"

#include "tests/algorithms/rules/every_subset.hpp"

namespace cohort {
namespace {

/// Σ ‖x_i − x_j‖² over the pairs of S.
double variance(const Mat& x, const rows::Subset& s) {
  double sum = 0;
  for (const Index i : s) {
    for (const Index j : s) sum += rows::exact_distance(x, i, j);
  }
  return sum / 2;
}

// 0 4 8: 16 + 16 + 64 = 96;  4 8 15: 16 + 49 + 121;  8 15 15: 49 + 49 = 98, though of less
// diameter.
TEST(MinimumVariance, IsTheMeanOfTheRowsWithTheLeastSumOfSquaredDistances) {
  const Mat x = rows::matrix({{0}, {4}, {8}, {15}, {15}});
  EXPECT_EQ(rows::chosen(rows::rule<MinimumVariance>(), x, 2), (rows::Subset{0, 1, 2}));
}

TEST(MinimumVariance, HasTheLeastVarianceOfAllSubsets) {
  rows::expect_least_cost(rows::rule<MinimumVariance>(), variance);
}

// C(32, 6) and C(50, 4) are below 2^20, C(32, 7) and C(50, 5) above.
TEST(MinimumVariance, ToleratesWhatItCanSearch) {
  EXPECT_TRUE(rows::rule<MinimumVariance>().needs_f());
  EXPECT_EQ(rows::rule<MinimumVariance>().tolerated(7), 3U);
  EXPECT_EQ(rows::rule<MinimumVariance>().tolerated(8), 3U);
  EXPECT_EQ(rows::rule<MinimumVariance>().tolerated(32), 6U);
  EXPECT_EQ(rows::rule<MinimumVariance>().tolerated(50), 4U);
}

}  // namespace
}  // namespace cohort
