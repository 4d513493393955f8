#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "scenarios/report/statistics.hpp"

namespace cohort::report {
namespace {

using testing::ElementsAre;

// What the header promises of the distribution, and a few roundings for sums of small lists.
constexpr double distribution_error = 1e-12;
constexpr double rounding = 1e-14;

void expect_close(double found, double expected, double relative) {
  EXPECT_NEAR(found, expected, relative * std::abs(expected)) << expected;
}

// mpmath 1.3, 30 digits: betainc(v/2, 1/2, 0, v/(v + t^2), regularized=True)
TEST(Student, TailsEqualTheIncompleteBetaOfMpmath) {
  struct Case {
    double t, degrees, p;
  };
  for (const Case& c :
       {Case{2, 3, 0.13932596855884318}, Case{0.1, 7.5, 0.92296533206779018},
        Case{0.001, 2, 0.99929289339559008}, Case{12, 5.5, 3.7480500629233416e-5},
        Case{3, 1000, 0.0027667090442381925}, Case{40, 40, 7.0408105747784922e-34},
        Case{1.96, 1e4, 0.05002352023183305}, Case{1e4, 1, 6.3661977024551545e-5}}) {
    expect_close(student_two_sided(c.t, c.degrees), c.p, distribution_error);
    EXPECT_EQ(student_two_sided(-c.t, c.degrees), student_two_sided(c.t, c.degrees));
  }
}

// mpmath 1.3: findroot of the same. To the digits of the published tables: 12.706, 4.303, 2.776,
// 2.262, 2.045, 1.984, 5.841.
TEST(Student, QuantilesEqualThePublishedOnes) {
  struct Case {
    double p, degrees, t;
  };
  for (const Case& c : {Case{0.975, 1, 12.706204736174705}, Case{0.975, 2, 4.3026527297494639},
                        Case{0.975, 2.5, 3.5746548420036832}, Case{0.975, 4, 2.7764451051977944},
                        Case{0.975, 9, 2.2621571627982055}, Case{0.975, 29, 2.0452296421327043},
                        Case{0.975, 100, 1.9839715185235523}, Case{0.995, 3, 5.8409093097333573},
                        Case{0.9, 1000, 1.2823987214609244}, Case{0.6, 17, 0.25734700575127799}}) {
    expect_close(student_quantile(c.p, c.degrees), c.t, distribution_error);
    expect_close(student_quantile(1 - c.p, c.degrees), -c.t, 10 * distribution_error);  // 1 − p
  }
  EXPECT_EQ(student_quantile(0.5, 3), 0);
}

// Closed forms: tan π(p − ½) for one degree, (2p − 1)/√(2p(1 − p)) for two.
TEST(Student, QuantilesHaveTheirClosedForms) {
  for (const double p : {0.51, 0.75, 0.95, 0.999, 0.999999}) {
    expect_close(student_quantile(p, 1), std::tan(std::numbers::pi * (p - 0.5)), 1e-9);
    expect_close(student_quantile(p, 2), (2 * p - 1) / std::sqrt(2 * p * (1 - p)), 1e-9);
  }
}

TEST(Student, QuantileIsTheInverseOfTheTail) {
  for (const double degrees : {1.0, 1.3, 2.0, 7.0, 63.9, 130.0, 5000.0}) {
    for (const double p : {0.55, 0.9, 0.975, 0.9999}) {
      expect_close(student_two_sided(student_quantile(p, degrees), degrees), 2 * (1 - p), 1e-11);
    }
  }
}

// Student (1908), additional hours of sleep, drug 1 and 2; R: t.test(extra ~ group, paired = TRUE)
// gives t = -4.0621, df = 9, p = 0.002833, interval -2.4598858 -0.7001142, and t.test(extra ~
// group) t = -1.8608, df = 17.776, p = 0.07939, interval -3.3654832 0.2054832.
constexpr std::array drug_1 = {0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0};
constexpr std::array drug_2 = {1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4};

TEST(Statistics, PairedDifferenceIsThatOfStudentsSleepData) {
  const Difference d = paired_difference(drug_1, drug_2);
  EXPECT_EQ(d.n, 10U);
  EXPECT_NEAR(d.mean, -1.58, rounding);
  EXPECT_NEAR(d.mean - d.half_width, -2.4598858, 5e-8);
  EXPECT_NEAR(d.mean + d.half_width, -0.7001142, 5e-8);
  EXPECT_NEAR(d.p, 0.002833, 5e-7);
}

TEST(Statistics, WelchsDifferenceIsThatOfStudentsSleepData) {
  const Difference d = welch_difference(drug_1, drug_2);
  EXPECT_NEAR(d.mean - d.half_width, -3.3654832, 5e-8);
  EXPECT_NEAR(d.mean + d.half_width, 0.2054832, 5e-8);
  EXPECT_NEAR(d.p, 0.07939, 5e-6);
}

TEST(Statistics, EstimateOfFiveNumbersByHand) {
  const Estimate e = estimate(std::array{2.0, 4.0, 4.0, 5.0, 10.0});
  EXPECT_EQ(e.n, 5U);
  EXPECT_DOUBLE_EQ(e.mean, 5);
  EXPECT_DOUBLE_EQ(e.deviation, 3);  // squares 9 + 1 + 1 + 0 + 25 = 36, / 4
  expect_close(e.half_width, 2.7764451051977944 * 3 / std::sqrt(5.0), distribution_error);
  EXPECT_EQ(e.median, 4);
  EXPECT_EQ(e.first_quartile, 4);
  EXPECT_EQ(e.third_quartile, 5);
  EXPECT_EQ(e.least, 2);
  EXPECT_EQ(e.greatest, 10);
}

TEST(Statistics, QuartilesLieBetweenOrderStatistics) {
  const Estimate e = estimate(std::array{4.0, 1.0, 2.0, 3.0});
  EXPECT_DOUBLE_EQ(e.first_quartile, 1.75);
  EXPECT_DOUBLE_EQ(e.median, 2.5);
  EXPECT_DOUBLE_EQ(e.third_quartile, 3.25);
}

TEST(Statistics, OneNumberHasNoInterval) {
  const Estimate e = estimate(std::array{3.0});
  EXPECT_EQ(e.mean, 3);
  EXPECT_TRUE(std::isnan(e.half_width));
  EXPECT_TRUE(std::isnan(paired_difference(std::array{1.0}, std::array{2.0}).p));
  EXPECT_TRUE(std::isnan(welch_difference(std::array{1.0}, std::array{2.0, 3.0}).p));
}

SeededValues seeded(std::vector<double> values, std::uint64_t first_seed = 1) {
  SeededValues out;
  for (std::size_t i = 0; i < values.size(); ++i) {
    out.seeds.push_back({first_seed + i, first_seed + i, first_seed + i});
  }
  out.values = std::move(values);
  return out;
}

TEST(Statistics, OnlySharedSeedsArePaired) {
  const Difference d = difference_on_shared_seeds(seeded({1, 2, 3, 4}, 1), seeded({10, 21, 32}, 3));
  EXPECT_EQ(d.n, 2U);  // seeds 3 and 4: 3 − 10, 4 − 21
  EXPECT_DOUBLE_EQ(d.mean, -12);
  EXPECT_EQ(difference_on_shared_seeds(seeded({1, 2}, 1), seeded({1, 2}, 5)).n, 0U);
}

// The same numbers: the difference by seed is clear (0.01 every time), that of the means is not.
TEST(Marks, SeedsThatAgreeAreComparedByPairs) {
  const std::vector<double> easy_and_hard = {0.90, 0.60, 0.75, 0.82};
  std::vector<double> lower = easy_and_hard;
  for (std::size_t i = 0; i < lower.size(); ++i) lower[i] -= 0.01 + 1e-4 * static_cast<double>(i);
  const std::array paired = {seeded(easy_and_hard), seeded(lower)};
  EXPECT_THAT(mark_best(paired, true), ElementsAre(Mark::best, Mark::plain));
  const std::array unpaired = {seeded(easy_and_hard), seeded(lower, 11)};
  EXPECT_THAT(mark_best(unpaired, true), ElementsAre(Mark::best, Mark::tied));
}

TEST(Marks, LowerIsBetterWhereItIs) {
  const std::array series = {seeded({1.0, 1.1}), seeded({5.0, 5.1}), seeded({1.05, 1.2})};
  EXPECT_EQ(mark_best(series, false)[0], Mark::best);
  EXPECT_EQ(mark_best(series, false)[1], Mark::plain);
  EXPECT_THAT(mark_best(series, true), ElementsAre(Mark::plain, Mark::best, Mark::plain));
}

TEST(Marks, OneSeedIsNeverTied) {
  const std::array series = {seeded({0.90}), seeded({0.8999}), seeded({0.5, 0.899})};
  EXPECT_THAT(mark_best(series, true), ElementsAre(Mark::best, Mark::plain, Mark::plain));
}

TEST(Marks, SeriesWithoutNumbersAreNotMarkedAndEqualOnesShareTheBest) {
  const std::array series = {seeded({}), seeded({2, 4}), seeded({3, 3})};
  EXPECT_THAT(mark_best(series, true), ElementsAre(Mark::plain, Mark::best, Mark::best));
  EXPECT_THAT(mark_best(std::vector<SeededValues>{}, true), testing::IsEmpty());
}

// Differences without spread: 0.5 every time.
TEST(Marks, ADifferenceThatNeverVariesIsNoTie) {
  const std::array series = {seeded({1.5, 2.5, 3.5}), seeded({1, 2, 3})};
  EXPECT_THAT(mark_best(series, true), ElementsAre(Mark::best, Mark::plain));
}

}  // namespace
}  // namespace cohort::report
