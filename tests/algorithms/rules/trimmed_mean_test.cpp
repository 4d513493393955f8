#include "algorithms/rules/trimmed_mean.hpp"

#include "algorithms/rules/median.hpp"
#include "tests/algorithms/aggregation_rows.hpp"

namespace cohort {
namespace {

constexpr double rounding = 1e-13;  // sums of up to 20 numbers about 10

Vec trimmed(const Mat& x, std::size_t f) { return rows::apply(rows::rule<TrimmedMean>(), x, f); }

Vec by_sorting(const Mat& x, std::size_t f) {
  Vec out(x.cols());
  for (Index k = 0; k < x.cols(); ++k) {
    std::vector<double> v(x.col(k).begin(), x.col(k).end());
    std::sort(v.begin(), v.end());
    const auto cut = static_cast<std::ptrdiff_t>(f);
    out[k] = std::accumulate(v.begin() + cut, v.end() - cut, 0.0) /
             static_cast<double>(v.size() - 2 * f);
  }
  return out;
}

TEST(TrimmedMean, LeavesOutTheExtremesOfEachCoordinate) {
  const Mat x = rows::matrix({{4, 7}, {100, 8}, {1, -50}, {10, 9}, {2, 6}});
  EXPECT_LT((trimmed(x, 1) - rows::vector({16.0 / 3, 7})).norm(), rounding);
  EXPECT_EQ(trimmed(x, 2), rows::vector({4, 7}));
}

TEST(TrimmedMean, AgreesWithSortingForEveryNumberOfRows) {
  for (Index n = 1; n <= 20; ++n) {
    const Mat x = rows::normal(n, 37, static_cast<std::uint64_t>(n));
    const std::size_t most = rows::rule<TrimmedMean>().tolerated(static_cast<std::size_t>(n));
    for (std::size_t f = 0; f <= most; ++f) {
      EXPECT_LT((trimmed(x, f) - by_sorting(x, f)).cwiseAbs().maxCoeff(), rounding)
          << n << " " << f;
    }
  }
}

TEST(TrimmedMean, IsTheMeanWithoutAndTheMedianWithTheMostByzantineRows) {
  for (const Index n : {7, 8}) {
    const Mat x = rows::normal(n, 12, 1);
    EXPECT_LT((trimmed(x, 0) - x.colwise().mean().transpose()).norm(), rounding);
    EXPECT_LT((trimmed(x, 3) - rows::apply(rows::rule<Median>(), x, 3)).norm(), rounding);
  }
}

TEST(TrimmedMean, ToleratesLessThanHalf) {
  EXPECT_TRUE(rows::rule<TrimmedMean>().needs_f());
  EXPECT_EQ(rows::rule<TrimmedMean>().tolerated(7), 3U);
  EXPECT_EQ(rows::rule<TrimmedMean>().tolerated(8), 3U);
}

}  // namespace
}  // namespace cohort
