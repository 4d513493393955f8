#include "scenarios/report/curves.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace cohort::report {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Le;

constexpr double rounding = 1e-12;  // a mean, an exponential and a logarithm of a few numbers

Run run_of(std::uint64_t seed, std::vector<double> rounds, std::vector<double> values,
           Status status = Status::finished) {
  Run run;
  run.seeds = {seed, seed, seed};
  run.status = status;
  run.history.round = rounds;
  for (const double r : rounds) run.history.bytes.push_back(100 * r);
  auto& measured = run.history.measured["m"];
  for (std::size_t i = 0; i < values.size(); ++i) measured.at.push_back(i);
  measured.values = std::move(values);
  return run;
}

RunSeries series_of(std::vector<Run> runs) {
  RunSeries series;
  series.runs = std::move(runs);
  return series;
}

Curve curve(const RunSeries& series, Band band, Scale scale = Scale::linear) {
  return curve_of(counted(series).runs, "m", Abscissa::rounds, band, scale);
}

TEST(Curves, OneRunIsItsOwnCurveWithoutABand) {
  const Curve c = curve(series_of({run_of(1, {0, 5, 9}, {3, 2, 1})}), Band::t95);
  EXPECT_THAT(c.x, ElementsAre(0, 5, 9));
  EXPECT_THAT(c.centre, ElementsAre(3, 2, 1));
  EXPECT_THAT(c.low, IsEmpty());
  EXPECT_EQ(c.runs, 1U);
}

// The grid is 0, 2, 3, 4; the first run keeps its 4 after round 2, the second its 0 until 3.
TEST(Curves, RunsKeepTheirLastValueOnTheCommonGrid) {
  const RunSeries series = series_of({run_of(1, {0, 2}, {2, 4}), run_of(2, {0, 3, 4}, {0, 2, 6})});
  const Curve c = curve(series, Band::minmax);
  EXPECT_THAT(c.x, ElementsAre(0, 2, 3, 4));
  EXPECT_THAT(c.centre, ElementsAre(1, 2, 3, 5));
  EXPECT_THAT(c.low, ElementsAre(0, 0, 2, 4));
  EXPECT_THAT(c.high, ElementsAre(2, 4, 4, 6));
}

TEST(Curves, TheGridBeginsWhereAllRunsHaveAValue) {
  const RunSeries series = series_of({run_of(1, {0, 1, 2}, {1, 1, 1}), run_of(2, {1, 2}, {3, 3})});
  EXPECT_THAT(curve(series, Band::t95).x, ElementsAre(1, 2));
}

TEST(Curves, BandIsTheIntervalOfTheMeanByStudent) {
  const RunSeries series =
      series_of({run_of(1, {0}, {1}), run_of(2, {0}, {2}), run_of(3, {0}, {3})});
  const Curve c = curve(series, Band::t95);
  const double half = 4.3026527297494639 / std::sqrt(3.0);  // s = 1, two degrees of freedom
  EXPECT_NEAR(c.low.at(0), 2 - half, rounding);
  EXPECT_NEAR(c.high.at(0), 2 + half, rounding);
  const Curve quartiles = curve(series, Band::iqr);
  EXPECT_THAT(quartiles.low, ElementsAre(1.5));
  EXPECT_THAT(quartiles.high, ElementsAre(2.5));
}

// log10 of 1e-2 and 1e-4: mean −3, s = √2, half width 12.7062… √2/√2.
TEST(Curves, OnALogAxisMeansAreGeometricAndBandsStayPositive) {
  const RunSeries series = series_of({run_of(1, {0}, {1e-2}), run_of(2, {0}, {1e-4})});
  const Curve c = curve(series, Band::t95, Scale::log);
  EXPECT_NEAR(c.centre.at(0), 1e-3, 1e-3 * rounding);
  EXPECT_NEAR(std::log10(c.low.at(0)), -3 - 12.706204736174705, 1e-9);
  EXPECT_NEAR(std::log10(c.high.at(0)), -3 + 12.706204736174705, 1e-9);
}

TEST(Curves, WhatIsNotPositiveIsTheLeastPositiveOneOnALogAxis) {
  const RunSeries series = series_of({run_of(1, {0, 1}, {1, 0}), run_of(2, {0, 1}, {1, 1e-4})});
  EXPECT_NEAR(curve(series, Band::t95, Scale::log).centre.at(1), 1e-4, 1e-4 * rounding);
}

TEST(Curves, OnlyFinishedRunsAreAveragedIfThereAreAny) {
  const RunSeries series = series_of({run_of(1, {0}, {1}), run_of(2, {0}, {100}, Status::diverged),
                                      run_of(3, {0}, {50}, Status::unfinished)});
  EXPECT_THAT(curve(series, Band::t95).centre, ElementsAre(1));
  EXPECT_EQ(counted(series).status, Status::finished);
  const RunSeries none_finished = series_of(
      {run_of(2, {0}, {100}, Status::diverged), run_of(3, {0}, {50}, Status::unfinished)});
  EXPECT_EQ(counted(none_finished).status, Status::unfinished);
  EXPECT_THAT(curve(none_finished, Band::t95).centre, ElementsAre(50));
  EXPECT_THAT(counted(series_of({run_of(1, {0}, {1}, Status::failed)})).runs, IsEmpty());
}

TEST(Curves, ValuesThatAreNotFiniteAreLeftOut) {
  const double nan = std::nan("");
  const Curve c = curve(series_of({run_of(1, {0, 1, 2}, {3, nan, 1})}), Band::t95);
  EXPECT_THAT(c.x, ElementsAre(0, 2));
}

TEST(Curves, ThinningKeepsEndsAndExtremes) {
  Curve full;
  for (int i = 0; i < 10000; ++i) {
    full.x.push_back(i);
    full.centre.push_back(std::sin(i * 0.01));
    full.low.push_back(full.centre.back() - 1);
    full.high.push_back(full.centre.back() + 1);
  }
  full.centre[1234] = 50;
  full.centre[4321] = -50;
  full.low[777] = -90;
  full.high[7777] = 90;
  const Curve thin = thinned(full, 300);
  EXPECT_THAT(thin.x.size(), Le(300U));
  EXPECT_THAT(thin.x, testing::AllOf(testing::Contains(0), testing::Contains(9999),
                                     testing::Contains(1234), testing::Contains(4321),
                                     testing::Contains(777), testing::Contains(7777)));
  EXPECT_TRUE(std::is_sorted(thin.x.begin(), thin.x.end()));
  EXPECT_EQ(thin.low.size(), thin.x.size());
  EXPECT_THAT(thinned(thin, 300).x, testing::ElementsAreArray(thin.x));
}

TEST(Targets, AreReachedAtTheFirstEvaluationThatSawThem) {
  const RunSeries series = series_of(
      {run_of(1, {0, 5, 10}, {0.1, 0.9, 0.8}), run_of(2, {0, 5, 10}, {0.1, 0.2, 0.95}),
       run_of(3, {0, 5}, {0.1, 0.2}), run_of(4, {0, 5}, {0.1, 0.2}, Status::diverged),
       run_of(5, {0, 5}, {0.1, 0.2}, Status::unfinished), run_of(6, {0}, {0.1}, Status::failed)});
  const Reached up = reached(series, {"m", 0.9, Better::higher});
  EXPECT_EQ(up.missed, 2U);
  EXPECT_EQ(up.open, 1U);
  EXPECT_THAT(up.values(Abscissa::rounds).values, ElementsAre(5, 10));
  EXPECT_THAT(up.values(Abscissa::bytes).values, ElementsAre(500, 1000));
  EXPECT_THAT(up.values(Abscissa::sim_seconds).values, IsEmpty());
  const Reached down = reached(series, {"m", 0.1, Better::lower});
  EXPECT_THAT(down.values(Abscissa::rounds).values, ElementsAre(0, 0, 0, 0, 0, 0));
}

TEST(Quantities, NamesAreTakenApart) {
  EXPECT_EQ(quantity("client_test_accuracy_worst10").set, "client_test");
  EXPECT_EQ(quantity("client_test_accuracy_worst10").better, Better::higher);
  EXPECT_EQ(quantity("test_accuracy_std").better, Better::lower);
  EXPECT_EQ(quantity("test_loss_jain").better, Better::higher);
  EXPECT_EQ(quantity("test_loss_worst10").better, Better::lower);
  EXPECT_EQ(quantity("gradient_norm").set, "");
  EXPECT_EQ(quantity("gradient_norm").scale, Scale::log);
  EXPECT_EQ(quantity("consensus_distance").scale, Scale::log);
  EXPECT_EQ(quantity("test_balanced_accuracy").label(), "test balanced accuracy");
  EXPECT_EQ(quantity("unheard_of").better, Better::unknown);
}

TEST(Quantities, ShortNamesFindTheTestSetFirst) {
  const std::vector<std::string> names = {"train_loss", "validation_loss", "test_loss", "distance"};
  EXPECT_EQ(*resolve_metric("loss", names), "test_loss");
  EXPECT_EQ(*resolve_metric("train_loss", names), "train_loss");
  EXPECT_EQ(*resolve_metric("distance", names), "distance");
  const auto absent = resolve_metric("los", names);
  ASSERT_FALSE(absent);
  EXPECT_THAT(absent.error().message, testing::HasSubstr("train_loss, validation_loss"));
}

TEST(Quantities, MainMetricsAreOneSetEachAndNoObjectiveBesideALoss) {
  const std::vector<std::string> names = {"distance",        "test_accuracy_std", "test_loss",
                                          "test_accuracy",   "train_loss",        "train_objective",
                                          "validation_loss", "something"};
  EXPECT_THAT(main_metrics(names), ElementsAre("test_accuracy", "test_loss", "distance"));
  EXPECT_THAT(main_metrics(std::vector<std::string>{"train_objective"}),
              ElementsAre("train_objective"));
}

}  // namespace
}  // namespace cohort::report
