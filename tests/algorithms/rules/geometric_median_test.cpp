#include "algorithms/rules/geometric_median.hpp"

#include "tests/algorithms/aggregation_rows.hpp"

namespace cohort {
namespace {

Vec median(const Mat& x) { return rows::apply(rows::rule<GeometricMedian>(), x, 0); }

// Near a generic minimiser the last step, 1e-6 of the median distance, leaves an error of a few
// times as much.
constexpr double near_minimiser = 1e-5;

/// ‖Σ u_i (x_i − z)‖ / Σ u_i over the median ‖x_i − z‖, u_i = 1/‖x_i − z‖, with z = Σ w_i x_i in
/// long double.
double residual(const Mat& x, const Vec& w) {
  const auto n = static_cast<std::size_t>(x.rows()), d = static_cast<std::size_t>(x.cols());
  std::vector<long double> z(d, 0), pull(d, 0), radius(n, 0);
  const auto at = [&](std::size_t i, std::size_t k) {
    return static_cast<long double>(x(static_cast<Index>(i), static_cast<Index>(k)));
  };
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < d; ++k) {
      z[k] += static_cast<long double>(w[static_cast<Index>(i)]) * at(i, k);
    }
  }
  long double total = 0;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < d; ++k) radius[i] += (at(i, k) - z[k]) * (at(i, k) - z[k]);
    radius[i] = std::sqrt(radius[i]);
    total += 1 / radius[i];
    for (std::size_t k = 0; k < d; ++k) pull[k] += (at(i, k) - z[k]) / radius[i];
  }
  long double square = 0;
  for (const long double p : pull) square += p * p;
  std::nth_element(radius.begin(), radius.begin() + static_cast<std::ptrdiff_t>(n / 2),
                   radius.end());
  return static_cast<double>(std::sqrt(square) / total / radius[n / 2]);
}

TEST(GeometricMedian, OfOneToNineIsTheMiddleRow) {
  EXPECT_EQ(median(rows::one_to_nine()), rows::vector({4, 5, 6}));
}

TEST(GeometricMedian, OfATriangleIsItsFermatPoint) {
  const double c = (3 - std::sqrt(3.0)) / 6;
  EXPECT_LT((median(rows::matrix({{0, 0}, {1, 0}, {0, 1}})) - rows::vector({c, c})).norm(),
            near_minimiser);
  EXPECT_LT((median(rows::matrix({{-1, 0}, {1, 0}, {0, std::sqrt(3.0)}})) -
             rows::vector({0, 1 / std::sqrt(3.0)}))
                .norm(),
            near_minimiser);
}

TEST(GeometricMedian, OfATriangleWithAnAngleOf120DegreesOrMoreIsThatCorner) {
  EXPECT_EQ(median(rows::matrix({{-1, 0}, {0, 0.1}, {1, 0}})), rows::vector({0, 0.1}));
  // A little less, and it is not: the case in which the plain step is slow.
  for (const double slightly : {1e-2, 1e-3, 1e-4}) {
    const double fermat = 1.0 / std::sqrt(3.0);
    const Vec z = median(rows::matrix({{-1, 0}, {0, fermat + slightly}, {1, 0}}));
    EXPECT_LT((z - rows::vector({0, fermat})).norm(), near_minimiser) << slightly;
  }
}

TEST(GeometricMedian, OfASquareIsItsCentre) {
  EXPECT_LT((median(rows::matrix({{0, 0}, {2, 0}, {2, 2}, {0, 2}})) - rows::vector({1, 1})).norm(),
            near_minimiser);
}

TEST(GeometricMedian, IsExactlyTheRowThatMoreThanHalfAgreeOn) {
  const Vec honest = rows::normal(1, 9, 1).row(0).transpose();
  for (const double far : {1e-9, 1.0, 1e12, 1e150}) {
    Mat x = honest.transpose().replicate(7, 1);
    x.row(0).setConstant(far);
    x.row(3).setConstant(-far);
    x.row(6).setConstant(2 * far);
    EXPECT_EQ(median(x), honest) << far;
  }
}

TEST(GeometricMedian, OfOneAndOfEqualRowsIsThatRow) {
  EXPECT_EQ(median(rows::matrix({{3, -4}})), rows::vector({3, -4}));
  EXPECT_EQ(median(Mat::Zero(4, 2)), Vec::Zero(2));
}

TEST(GeometricMedian, LastStepIsWithinTheStatedAccuracy) {
  for (const double accuracy : {1e-3, 1e-6, 1e-9}) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      const Mat x = rows::normal(static_cast<Index>(3 + seed), 6, seed);
      const Vec w =
          *rows::rule<GeometricMedian>({accuracy}).weights(rows::measured(x), rows::input(0));
      // Rounding of a distance from inner products: 1e-13 here.
      EXPECT_LE(residual(x, w), accuracy * 1.001 + 1e-13) << "seed " << seed;
    }
  }
}

// What distances alone cannot give: the direction in which a row pulls that is very far away.
TEST(GeometricMedian, KeepsItsAccuracyNextToRowsThatAreVeryFar) {
  for (const double far : {1e6, 1e12, 1e18, 1e150}) {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
      Mat x = rows::normal(9, 5, seed);
      x.row(2) *= far;
      x.row(7) *= -far;
      const Vec w = *rows::rule<GeometricMedian>().weights(rows::measured(x), rows::input(0));
      EXPECT_LE(residual(x, w), 1.001e-6) << far << ", seed " << seed;
    }
  }
}

TEST(GeometricMedian, KeepsItsAccuracyForRowsThatAreCloseTogetherAndLong) {
  for (const double spread : {1e-3, 1e-8}) {
    for (const double far : {1.0, 1e12}) {
      Mat x = rows::normal(11, 5, 4) * spread;
      x.rowwise() += rows::vector({100, 200, -300, 400, 50}).transpose();
      x.row(4).setConstant(far);
      const Vec w = *rows::rule<GeometricMedian>().weights(rows::measured(x), rows::input(0));
      // Rounding of the inner product of a close and a far row: 1e-16 · 600 / spread.
      EXPECT_LE(residual(x, w), 1.001e-6 + 1e-13 / spread) << spread << " " << far;
    }
  }
}

TEST(GeometricMedian, DoesNotDependOnTheOrderOfRowsBeyondItsAccuracy) {
  const Mat x = rows::normal(10, 4, 3);
  EXPECT_LT((median(x) - median(rows::permuted(x, 1))).norm(), near_minimiser);
}

TEST(GeometricMedian, ToleratesLessThanHalf) {
  const auto rule = rows::rule<GeometricMedian>();
  EXPECT_EQ(rule.tolerated(7), 3U);
  EXPECT_EQ(rule.tolerated(8), 3U);
  EXPECT_FALSE(rule.needs_f());
}

TEST(GeometricMedian, IsRobustWithItsPublishedConstant) {
  rows::expect_robust(median, 7, 2, 4 * (1 + rows::r(7, 2)) * (1 + rows::r(7, 2)));
}

}  // namespace
}  // namespace cohort
