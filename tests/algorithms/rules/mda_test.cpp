#include "algorithms/rules/mda.hpp"

#include "tests/algorithms/rules/every_subset.hpp"

namespace cohort {
namespace {

/// max ‖x_i − x_j‖ over S.
double diameter(const Mat& x, const rows::Subset& s) {
  double most = 0;
  for (const Index i : s) {
    for (const Index j : s) most = std::max(most, rows::exact_distance(x, i, j));
  }
  return std::sqrt(most);
}

// Of three in a row, 0 4 8 have the diameter 8, 4 8 15 have 11, 8 15 15 have 7.
TEST(Mda, IsTheMeanOfTheRowsOfLeastDiameter) {
  const Mat x = rows::matrix({{0}, {4}, {8}, {15}, {15}});
  EXPECT_EQ(rows::chosen(rows::rule<Mda>(), x, 2), (rows::Subset{2, 3, 4}));
}

// The first two with either of the others have the diameter 4; the others are 4.2 apart.
TEST(Mda, OfSeveralSetsTakesTheOneWithCentralRows) {
  const Mat x = rows::matrix({{-2, 0}, {2, 0}, {0, -3.2}, {0, 1}});
  EXPECT_EQ(rows::chosen(rows::rule<Mda>(), x, 1), (rows::Subset{0, 1, 3}));
}

TEST(Mda, HasTheLeastDiameterOfAllSubsets) { rows::expect_least_cost(rows::rule<Mda>(), diameter); }

TEST(Mda, IsWithinItsPublishedDistanceOfEveryHonestMean) {
  const std::size_t n = 7, f = 2;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Mat x = rows::normal(n, 3, seed);
    x.topRows(f).setConstant(static_cast<double>(seed % 5));
    const Vec aggregate = rows::apply(rows::rule<Mda>(), x, f);
    rows::for_each_subset(n, n - f, [&](const rows::Subset& s) {
      Vec mean = Vec::Zero(3);
      for (const Index i : s) mean += x.row(i).transpose() / static_cast<double>(n - f);
      EXPECT_LE((aggregate - mean).norm(),
                2.0 * static_cast<double>(f) / static_cast<double>(n - f) * diameter(x, s))
          << seed;
    });
  }
}

TEST(Mda, ToleratesLessThanHalfAndNotMoreThanItCanSearch) {
  EXPECT_TRUE(rows::rule<Mda>().needs_f());
  EXPECT_EQ(rows::rule<Mda>().tolerated(7), 3U);
  EXPECT_EQ(rows::rule<Mda>().tolerated(8), 3U);
  EXPECT_EQ(rows::rule<Mda>().tolerated(1000), 32U);
}

}  // namespace
}  // namespace cohort
