#include "algorithms/rules/dnc.hpp"

#include "tests/algorithms/aggregation_rows.hpp"

namespace cohort {
namespace {

constexpr double rounding = 1e-14;  // a few sums of numbers about 10

/// The rule's weights where the samples are the single coordinates of x.
Vec by_coordinate(const Mat& x, std::size_t f) {
  std::vector<Distances> sampled;
  for (Index k = 0; k < x.cols(); ++k) sampled.push_back(rows::measured(x.col(k)));
  RuleInput input = rows::input(f);
  input.sampled = sampled;
  return *rows::rule<Dnc>().weights(rows::measured(x), input);
}

// Rows 0, 1, 5 about their mean 2: s = 4, 1, 9.
TEST(Dnc, LeavesOutRowsFarAlongThePrincipalDirection) {
  const Mat x = rows::matrix({{0}, {1}, {5}});
  EXPECT_NEAR(rows::apply(rows::rule<Dnc>(), x, 1)[0], 0.5, rounding);
  EXPECT_NEAR(rows::apply(rows::rule<Dnc>({10000, 1, 2.0}), x, 1)[0], 1.0, rounding);
  EXPECT_NEAR(rows::apply(rows::rule<Dnc>({10000, 1, 0.5}), x, 1)[0], 2.0, rounding);
}

// About the mean (0, 0.9), the variances are 26/5 and 16.2/5: s = 9, 9, 4, 4, 0.
TEST(Dnc, KeepsALongRowAcrossThePrincipalDirection) {
  const Mat x = rows::matrix({{3, 0}, {-3, 0}, {2, 0}, {-2, 0}, {0, 4.5}});
  EXPECT_LT((rows::apply(rows::rule<Dnc>(), x, 2) - rows::vector({0, 1.5})).norm(), rounding);
}

// The fourth row goes on the first coordinate (s = 7.2²), the fifth on the second.
TEST(Dnc, TakesRowsThatAreGoodInAllSamples) {
  const Mat x = rows::matrix({{0, 0}, {1, -1}, {-1, 1}, {9, 0}, {0, 9}});
  const double third = 1.0 / 3;
  EXPECT_EQ(by_coordinate(x, 1), rows::vector({third, third, third, 0, 0, 0}));
}

// Row k goes on coordinate k: each is good in two of three samples, none in all.
TEST(Dnc, TakesRowsThatAreGoodInTheMostSamplesIfNoneIsInAll) {
  const double third = 1.0 / 3;
  EXPECT_EQ(by_coordinate(9.0 * Mat::Identity(3, 3), 1), rows::vector({third, third, third, 0}));
}

TEST(Dnc, DrawsItsSamplesAnewEachRound) {
  const auto dnc = rows::rule<Dnc>({20, 3, 1.0});
  const Stream round(1, Purpose::aggregation), next(2, Purpose::aggregation);
  const auto samples = dnc.samples(1000, round);
  ASSERT_EQ(samples.size(), 3U);
  for (const CoordinateSample& sample : samples) {
    EXPECT_EQ(sample.size(), 20U);
    EXPECT_TRUE(std::is_sorted(sample.begin(), sample.end(), std::less_equal<>()));
    EXPECT_LT(sample.back(), 1000U);
  }
  EXPECT_NE(samples[0], samples[1]);
  EXPECT_NE(samples, dnc.samples(1000, next));
  EXPECT_EQ(dnc.samples(7, round).front(), (CoordinateSample{0, 1, 2, 3, 4, 5, 6}));
}

TEST(Dnc, ToleratesLessThanHalf) {
  EXPECT_TRUE(rows::rule<Dnc>().needs_f());
  EXPECT_EQ(rows::rule<Dnc>().tolerated(7), 3U);
  EXPECT_EQ(rows::rule<Dnc>().tolerated(8), 3U);
}

}  // namespace
}  // namespace cohort
