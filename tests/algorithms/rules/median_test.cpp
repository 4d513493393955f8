#include "algorithms/rules/median.hpp"

#include "tests/algorithms/aggregation_rows.hpp"

namespace cohort {
namespace {

Vec by_sorting(const Mat& x, Median::Even even) {
  Vec out(x.cols());
  for (Index j = 0; j < x.cols(); ++j) {
    std::vector<double> v(x.col(j).begin(), x.col(j).end());
    std::sort(v.begin(), v.end());
    const double lower = v[(v.size() - 1) / 2], upper = v[v.size() / 2];
    out[j] = even == Median::Even::lower ? lower : lower == upper ? lower : (lower + upper) / 2;
  }
  return out;
}

TEST(Median, OfOneToNineIsTheMiddleRow) {
  EXPECT_EQ(rows::apply(rows::rule<Median>(), rows::one_to_nine(), 1), rows::vector({4, 5, 6}));
}

TEST(Median, AgreesWithSortingForEveryNumberOfRows) {
  // 37 coordinates: two full groups of lanes and a part of one. Rounding makes ties.
  for (Index n = 1; n <= 40; ++n) {
    for (const bool ties : {false, true}) {
      Mat x = rows::normal(n, 37, static_cast<std::uint64_t>(n));
      if (ties) x = (2.0 * x).array().round();
      for (const auto even : {Median::Even::mean, Median::Even::lower}) {
        EXPECT_EQ(rows::apply(rows::rule<Median>({even}), x, 0), by_sorting(x, even)) << n;
      }
    }
  }
  const Mat many = rows::normal(257, 3, 5);
  EXPECT_EQ(rows::apply(rows::rule<Median>(), many, 0), by_sorting(many, Median::Even::mean));
}

TEST(Median, OfAnEvenNumberIsTheMeanOfTheMiddleTwoOrTheLower) {
  const Mat x = rows::matrix({{9, 4}, {1, 1}, {3, 2}, {2, 8}});
  EXPECT_EQ(rows::apply(rows::rule<Median>(), x, 1), rows::vector({2.5, 3}));
  EXPECT_EQ(rows::apply(rows::rule<Median>({Median::Even::lower}), x, 1), rows::vector({2, 2}));
}

TEST(Median, DoesNotDependOnTheOrderOfRows) {
  const Mat x = rows::normal(12, 20, 3);
  EXPECT_EQ(rows::apply(rows::rule<Median>(), x, 0),
            rows::apply(rows::rule<Median>(), rows::permuted(x, 9), 0));
}

TEST(Median, StaysAmongTheHonestUpToWhatItTolerates) {
  for (const Index n : {3, 7, 8, 41}) {
    const auto f = static_cast<Index>(rows::rule<Median>().tolerated(static_cast<std::size_t>(n)));
    EXPECT_LT(2 * f, n);
    EXPECT_GE(2 * (f + 1), n);
    Mat x = rows::normal(n, 5, 8);
    x.topRows(f).setConstant(1e150);
    const Vec median = rows::apply(rows::rule<Median>(), x, static_cast<std::size_t>(f));
    for (Index j = 0; j < 5; ++j) EXPECT_LE(median[j], x.col(j).tail(n - f).maxCoeff());
  }
}

TEST(Median, IsRobustWithItsPublishedConstant) {
  rows::expect_robust([](const Mat& x) { return rows::apply(rows::rule<Median>(), x, 2); }, 7, 2,
                      4 * (1 + rows::r(7, 2)) * (1 + rows::r(7, 2)));
}

}  // namespace
}  // namespace cohort
