#include "algorithms/rules/meamed.hpp"

#include "tests/algorithms/aggregation_rows.hpp"

namespace cohort {
namespace {

constexpr double rounding = 1e-13;  // sums of up to 20 numbers about 10

Vec meamed(const Mat& x, std::size_t f) { return rows::apply(rows::rule<Meamed>(), x, f); }

Vec by_sorting(const Mat& x, std::size_t f) {
  Vec out(x.cols());
  for (Index k = 0; k < x.cols(); ++k) {
    std::vector<double> v(x.col(k).begin(), x.col(k).end());
    std::sort(v.begin(), v.end());
    const double median = (v[(v.size() - 1) / 2] + v[v.size() / 2]) / 2;
    std::stable_sort(v.begin(), v.end(), [&](double a, double b) {
      return std::abs(a - median) < std::abs(b - median);
    });
    const auto kept = static_cast<std::ptrdiff_t>(v.size() - f);
    out[k] = std::accumulate(v.begin(), v.begin() + kept, 0.0) / static_cast<double>(kept);
  }
  return out;
}

// 1 2 4 10 have the median 3, from which 10 is farthest: nothing goes at the other end.
TEST(Meamed, LeavesOutWhatIsFarFromTheMedianOnWhicheverSide) {
  const Mat x = rows::matrix({{10, -1}, {1, -10}, {4, -4}, {2, -2}});
  EXPECT_LT((meamed(x, 1) - rows::vector({7.0 / 3, -7.0 / 3})).norm(), rounding);
}

TEST(Meamed, OfTwoEquallyNearTakesTheSmaller) {
  EXPECT_EQ(meamed(rows::matrix({{3}, {1}, {2}}), 1), rows::vector({1.5}));
}

TEST(Meamed, AgreesWithSortingForEveryNumberOfRows) {
  for (Index n = 1; n <= 20; ++n) {
    const Mat x = rows::normal(n, 37, static_cast<std::uint64_t>(n));
    for (std::size_t f = 0; f <= rows::rule<Meamed>().tolerated(static_cast<std::size_t>(n)); ++f) {
      EXPECT_LT((meamed(x, f) - by_sorting(x, f)).cwiseAbs().maxCoeff(), rounding) << n << " " << f;
    }
  }
}

TEST(Meamed, ToleratesLessThanHalf) {
  EXPECT_TRUE(rows::rule<Meamed>().needs_f());
  EXPECT_EQ(rows::rule<Meamed>().tolerated(7), 3U);
  EXPECT_EQ(rows::rule<Meamed>().tolerated(8), 3U);
}

}  // namespace
}  // namespace cohort
