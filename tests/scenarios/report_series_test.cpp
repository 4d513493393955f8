#include "scenarios/report/series.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cohort::report {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

using Options = std::vector<std::pair<std::string, std::string>>;

Run run_of(std::uint64_t seed, const Options& options, std::string case_name = "") {
  Run run;
  run.name = "fake";
  run.place = "run-" + std::to_string(seed);
  run.status = Status::finished;
  run.seeds = {seed, seed, seed};
  run.case_name = std::move(case_name);
  for (const auto& [path, value] : options) run.options.push_back({path, value, value});
  return run;
}

std::vector<std::string> labels(const SeriesSet& set) {
  std::vector<std::string> out;
  for (const RunSeries& series : set.series) out.push_back(series.label);
  return out;
}

TEST(Series, RunsThatDifferInSeedsAloneAreOne) {
  const SeriesSet set = group_runs({run_of(2, {{"a", "1"}}), run_of(1, {{"a", "1"}})});
  ASSERT_THAT(set.series, SizeIs(1));
  EXPECT_EQ(set.series[0].label, "");
  EXPECT_EQ(set.series[0].runs[0].seeds[0], 1U);
  EXPECT_EQ(set.series[0].runs[1].seeds[0], 2U);
  EXPECT_THAT(set.legend, IsEmpty());
}

TEST(Series, LegendHoldsWhatDiffersByItsShortestClearName) {
  const auto options = [](const char* rate, const char* server, const char* alpha) {
    return Options{{"method.local.optimizer.learning_rate", rate},
                   {"method.server.optimizer.learning_rate", server},
                   {"data.partition.alpha", alpha},
                   {"clients.count", "50"}};
  };
  const SeriesSet set =
      group_runs({run_of(1, options("0.1", "1", "0.3")), run_of(1, options("0.1", "2", "0.3")),
                  run_of(1, options("0.2", "1", "1.0"))});
  EXPECT_THAT(labels(set),
              ElementsAre("local.optimizer.learning_rate=0.1, server.optimizer.learning_rate=1, "
                          "alpha=0.3",
                          "local.optimizer.learning_rate=0.1, server.optimizer.learning_rate=2, "
                          "alpha=0.3",
                          "local.optimizer.learning_rate=0.2, server.optimizer.learning_rate=1, "
                          "alpha=1.0"));
}

TEST(Series, AlgorithmsAreTheirNamesAndTheirOwnOptionsGoWithout) {
  const SeriesSet set = group_runs(
      {run_of(1, {{"aggregation.rule.type", "krum"}}),
       run_of(1, {{"aggregation.rule.type", "median"}, {"aggregation.rule.accuracy", "1"}}),
       run_of(1, {{"aggregation.rule.type", "median"}, {"aggregation.rule.accuracy", "2"}})});
  EXPECT_THAT(labels(set), ElementsAre("krum", "median, accuracy=1", "median, accuracy=2"));
  const SeriesSet beside =
      group_runs({run_of(1, {{"aggregation.rule.type", "krum"}, {"aggregation.f", "9"}}),
                  run_of(1, {{"aggregation.rule.type", "median"}})});
  EXPECT_THAT(labels(beside), ElementsAre("krum", "median"));
}

TEST(Series, ARateThatDiffersBesideTheAlgorithmIsNotHidden) {
  const SeriesSet set =
      group_runs({run_of(1, {{"method.type", "fedavg"}, {"method.rate", "0.1"}}),
                  run_of(1, {{"method.type", "scaffold"}, {"method.rate", "0.2"}})});
  EXPECT_THAT(labels(set), ElementsAre("fedavg, rate=0.1", "scaffold, rate=0.2"));
}

TEST(Series, ATableThatOneLacksIsSaidOnce) {
  const SeriesSet set = group_runs(
      {run_of(1, {{"clients.count", "5"}}), run_of(1, {{"clients.count", "5"},
                                                       {"clients.byzantine.fraction", "0.2"},
                                                       {"clients.byzantine.attack.type", "alie"},
                                                       {"clients.byzantine.attack.scale", "1"}})});
  EXPECT_THAT(labels(set), ElementsAre("no byzantine", "alie"));
  const SeriesSet single =
      group_runs({run_of(1, {{"a.x", "1"}}), run_of(1, {{"a.x", "1"}, {"a.f", "2"}})});
  EXPECT_THAT(labels(single), ElementsAre("no f", "f=2"));
}

TEST(Series, CasesGoByTheirNamesAndByWhatDiffersWithinThem) {
  const SeriesSet set = group_runs({run_of(1, {{"rule", "a"}, {"alpha", "1"}}, "A"),
                                    run_of(1, {{"rule", "b"}, {"alpha", "1"}}, "B"),
                                    run_of(1, {{"rule", "a"}, {"alpha", "2"}}, "A"),
                                    run_of(1, {{"rule", "b"}, {"alpha", "2"}}, "B")});
  EXPECT_THAT(labels(set), ElementsAre("A, alpha=1", "B, alpha=1", "A, alpha=2", "B, alpha=2"));
  const SeriesSet plain =
      group_runs({run_of(1, {{"rule", "a"}}, "A"), run_of(1, {{"rule", "b"}}, "B")});
  EXPECT_THAT(labels(plain), ElementsAre("A", "B"));
}

TEST(Series, TheSameRunTwiceCountsOnceAndIsTold) {
  report::Run unfinished = run_of(1, {{"a", "1"}});
  unfinished.status = Status::unfinished;
  unfinished.place = "half";
  const SeriesSet set = group_runs({unfinished, run_of(1, {{"a", "1"}}), run_of(2, {{"a", "1"}})});
  ASSERT_THAT(set.series, SizeIs(1));
  EXPECT_EQ(set.series[0].count(Status::finished), 2U);
  EXPECT_EQ(set.series[0].runs.size(), 2U);
  EXPECT_THAT(set.notes, ElementsAre(HasSubstr("half has the options and seeds of run-1")));
}

TEST(Series, PointsWithoutAScenarioGoToTheirCaseAndGrid) {
  const auto point = [](std::uint64_t seed, std::string grid, bool has_scenario) {
    report::Run run = run_of(seed, has_scenario ? Options{{"x.alpha", grid}} : Options{}, "A");
    run.grid = {{"x.alpha", grid, grid}};
    if (!has_scenario) run.status = Status::missing;
    return run;
  };
  const SeriesSet set = group_runs(
      {point(1, "0.1", true), point(2, "0.1", false), point(1, "1", true), point(1, "5", false)});
  EXPECT_THAT(labels(set), ElementsAre("alpha=0.1", "alpha=1", "A, alpha=5"));
  EXPECT_EQ(set.series[0].count(Status::missing), 1U);
  EXPECT_EQ(set.series[2].count(Status::missing), 1U);
}

}  // namespace
}  // namespace cohort::report
