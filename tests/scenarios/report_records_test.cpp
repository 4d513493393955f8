#include "scenarios/report/records.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/scenarios/report_runs.hpp"

namespace cohort::report {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::vector<std::string> places(const std::vector<Run>& runs) {
  std::vector<std::string> out;
  for (const Run& run : runs) out.push_back(run.place);
  return out;
}

void append(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary | std::ios::app) << text;
}

TEST(Records, WhatIsCountedIsCountedFromTheStart) {
  const Folder folder;
  FakeRun{.accuracy = {0.1, 0.5, 0.9}, .more = ",\"byzantine_in_cohort\":1,\"f\":2"}.write(folder /
                                                                                           "a");
  const auto read = read_runs({folder / "a"}, false);
  ASSERT_TRUE(read) << read.error().message;
  const History& h = read->runs.at(0).history;
  EXPECT_THAT(h.round, ElementsAre(0, 1, 2));
  EXPECT_THAT(h.bytes, ElementsAre(0, 100, 200));
  EXPECT_THAT(h.bytes_up, ElementsAre(0, 30, 60));
  EXPECT_THAT(h.queries, ElementsAre(1, 3, 6));  // value 1 a round, gradient 0, 1, 2
  EXPECT_THAT(h.data_passes, ElementsAre(0, 1, 2));
  EXPECT_THAT(h.byzantine, ElementsAre(1, 1, 1));
  EXPECT_THAT(h.f, ElementsAre(2, 2, 2));
  EXPECT_THAT(h.sim_seconds, IsEmpty());
  EXPECT_THAT(h.wall_seconds, IsEmpty());
  EXPECT_THAT(h.measured.at("test_accuracy").values, ElementsAre(0.1, 0.5, 0.9));
}

TEST(Records, AnyMetricOfAnySetIsRead) {
  const Folder folder;
  FakeRun{}.write(folder / "a");
  write_text(folder / "a/metrics.jsonl",
             "{\"round\":0,\"new_set\":{\"new_metric\":1.5,\"deep\":{\"x\":1}},\"gap\":2,"
             "\"list\":[1,{\"round\":9}],\"text\":\"t\",\"sim_seconds\":0}\n"
             "{\"round\":5,\"sim_seconds\":2.5}\n"
             "{\"round\":7,\"new_set\":{\"new_metric\":null},\"gap\":1}\n");
  const auto read = read_runs({folder / "a"}, false);
  ASSERT_TRUE(read) << read.error().message;
  const History& h = read->runs.at(0).history;
  EXPECT_THAT(h.round, ElementsAre(0, 5, 7));
  EXPECT_THAT(h.sim_seconds, ElementsAre(0, 2.5, 2.5));
  EXPECT_THAT(h.measured, SizeIs(2));
  EXPECT_THAT(h.measured.at("gap").at, ElementsAre(0U, 2U));
  EXPECT_EQ(h.measured.at("new_set_new_metric").values.at(0), 1.5);
  EXPECT_TRUE(std::isnan(h.measured.at("new_set_new_metric").values.at(1)));
}

TEST(Records, WallTimeIsReadOnlyWhenItIsAskedFor) {
  const Folder folder;
  FakeRun{.seconds = "1.5"}.write(folder / "a");
  write_text(
      folder / "a/timing.jsonl",
      "{\"round\":1,\"seconds\":2,\"phases\":{\"compute\":1,\"wait\":0.5},\"imbalance\":1.2}\n"
      "{\"round\":2,\"seconds\":3,\"phases\":{\"compute\":1},\"imbalance\":1.4}\n");
  const auto read = read_runs({folder / "a"}, true);
  ASSERT_TRUE(read) << read.error().message;
  const History& h = read->runs.at(0).history;
  EXPECT_THAT(h.wall_seconds, ElementsAre(0, 2, 3));
  EXPECT_THAT(h.phases, ElementsAre(testing::Pair("compute", 2.0), testing::Pair("wait", 0.5)));
  EXPECT_DOUBLE_EQ(h.imbalance, 1.3);
}

TEST(Records, TornLastLineOfAKilledRunIsLeftOut) {
  const Folder folder;
  FakeRun{.status = ""}.write(folder / "a");
  append(folder / "a/metrics.jsonl",
         "{\"round\":3,\"bytes_up\":5,\"other\":{\"x\":1},\"test\":{\"acc");
  const auto read = read_runs({folder / "a"}, false);
  ASSERT_TRUE(read) << read.error().message;
  const report::Run& run = read->runs.at(0);
  EXPECT_EQ(run.status, Status::unfinished);
  EXPECT_THAT(run.history.round, ElementsAre(0, 1, 2));
  EXPECT_THAT(run.history.measured, SizeIs(1));
}

std::string error_of(const Folder& folder, const std::string& metrics) {
  FakeRun{}.write(folder / "a");
  write_text(folder / "a/metrics.jsonl", metrics);
  const auto read = read_runs({folder / "a"}, false);
  return read ? "none" : read.error().message;
}

TEST(Records, MistakesAreNamedWithFileAndLine) {
  const Folder folder;
  const std::string good = "{\"round\":0,\"bytes_up\":1}\n";
  EXPECT_THAT(error_of(folder, good + "{\"round\":1,\n" + "{\"round\":2}\n"),
              HasSubstr("a/metrics.jsonl:2: expected a JSON object with a round"));
  EXPECT_THAT(error_of(folder, good + "[1]\n"), HasSubstr(":2: expected a JSON object"));
  EXPECT_THAT(error_of(folder, good + "{\"bytes_up\":1}\n"),
              HasSubstr(":2: expected a JSON object"));
  EXPECT_THAT(error_of(folder, good + good), HasSubstr(":2: expected a round after 0, found 0"));
  EXPECT_THAT(error_of(folder, good + "{\"round\":-1}\n"), HasSubstr(":2:"));
  EXPECT_THAT(error_of(folder, good + "{\"round\":1,\"bytes_up\":null}\n"), HasSubstr(":2:"));
  EXPECT_THAT(
      error_of(folder, "{\"round\":1,\"sim_seconds\":2}\n{\"round\":2,\"sim_seconds\":1}\n"),
      HasSubstr(":2: expected sim_seconds of at least 2, found 1"));
  EXPECT_THAT(error_of(folder, good + std::string(3U << 20U, '[')),
              HasSubstr(":2: expected a line of at most 1048576 bytes"));
  write_text(folder / "a/scenario.toml", "[run]\nseed = \"x\"\n");
  const auto read = read_runs({folder / "a"}, false);
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().message, HasSubstr("scenario.toml: expected run.seed to be a seed"));
}

TEST(Records, RunsAreFoundInFoldersInNaturalOrderAndTuningApart) {
  const Folder folder;
  for (const char* name : {"case/run-10", "case/run-9", "other", "tuning/x", "deep/tuning/y"}) {
    FakeRun{}.write(folder / name);
  }
  write_text(folder / "other/checkpoints/scenario.toml", "");  // part of a run: not one
  const auto read = read_runs({folder.path()}, false);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_THAT(places(read->runs), ElementsAre("case/run-9", "case/run-10", "other"));
  EXPECT_THAT(places(read->tuning), ElementsAre("deep/tuning/y", "tuning/x"));
}

TEST(Records, RunsThatAreGivenTwiceAreReadOnce) {
  const Folder folder;
  FakeRun{}.write(folder / "s/a");
  const auto read = read_runs({folder / "s", folder / "s/a"}, false);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_THAT(places(read->runs), ElementsAre("s/a"));
}

TEST(Records, FolderWithoutRunsIsRefused) {
  const Folder folder;
  const auto read = read_runs({folder.path()}, false);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Code::bad_input);
  EXPECT_THAT(read.error().message,
              AllOf(HasSubstr(folder.path().string()), HasSubstr("found no scenario.toml")));
  EXPECT_FALSE(read_runs({folder / "absent"}, false));
}

TEST(Records, PointsOfASweepKeepTheirOrderAndNoneIsDropped) {
  const Folder folder;
  FakeRun{.seed = 1}.write(folder / "z");
  FakeRun{.seed = 2, .status = ""}.write(folder / "a");
  FakeRun{.seed = 3, .status = "diverged"}.write(folder / "b");
  write_text(folder / "sweep.csv",
             "point,case,aggregation.f,seed,status,reason,directory\n"
             "1,krum,1,1,finished,,z\n"
             "2,krum,1,2,failed,\"no,\nroom\",a\n"
             "3,krum,1,3,diverged,,b\n"
             "4,krum,2,4,failed,bad,\n"
             "5,krum,2,5,,,\n");
  const auto read = read_runs({folder.path()}, false);
  ASSERT_TRUE(read) << read.error().message;
  std::vector<Status> statuses;
  for (const report::Run& run : read->runs) statuses.push_back(run.status);
  EXPECT_THAT(statuses, ElementsAre(Status::finished, Status::failed, Status::diverged,
                                    Status::failed, Status::missing));
  EXPECT_EQ(read->runs.at(0).place, "z");
  EXPECT_EQ(read->runs.at(1).reason, "no,\nroom");
  EXPECT_THAT(read->runs.at(4).grid, ElementsAre(Option{"aggregation.f", "2", "2"}));
  EXPECT_EQ(read->runs.at(4).seeds, (SeedKey{5, 5, 5}));
}

TEST(Records, MistakesOfASweepAreNamedWithFileAndLine) {
  const Folder folder;
  FakeRun{}.write(folder / "a");
  write_text(folder / "sweep.csv", "point,case\n");
  EXPECT_THAT(read_runs({folder.path()}, false).error().message,
              HasSubstr("sweep.csv:1: expected a column 'seed'"));
  write_text(folder / "sweep.csv", "case,seed,status,directory\nx,one,finished,a\n");
  EXPECT_THAT(read_runs({folder.path()}, false).error().message,
              HasSubstr("sweep.csv:2: expected a seed, found 'one'"));
  write_text(folder / "sweep.csv", "case,seed,status,directory\nx,1\n");
  EXPECT_THAT(read_runs({folder.path()}, false).error().message,
              HasSubstr("sweep.csv:2: expected 4 cells, found 2"));
}

TEST(Records, ByzantineClientsNeverCount) {
  const Folder folder;
  report::Run run;
  run.directory = folder.path();
  write_text(folder / "clients.csv",
             "client,byzantine,rows,rows_label_a,test_accuracy\n"
             "0,0,10,4,0.5\n1,1,10,5,0.1\n2,0,10,6,\n");
  const auto table = read_clients(run, [](std::string_view name) { return name != "rows"; });
  ASSERT_TRUE(table) << table.error().message;
  EXPECT_THAT(table->client, ElementsAre(0U, 2U));
  const auto at = std::find(table->names.begin(), table->names.end(), "test_accuracy");
  const auto& accuracy = table->columns.at(static_cast<std::size_t>(at - table->names.begin()));
  EXPECT_EQ(accuracy.at(0), 0.5);
  EXPECT_TRUE(std::isnan(accuracy.at(1)));

  const auto any = [](std::string_view) { return true; };
  write_text(folder / "clients.csv", "client,byzantine,test_accuracy\n0,0,x\n");
  EXPECT_THAT(read_clients(run, any).error().message,
              HasSubstr("clients.csv:2: expected test_accuracy to be a number, found 'x'"));
  write_text(folder / "clients.csv", "client,byzantine\n0,maybe\n");
  EXPECT_THAT(read_clients(run, any).error().message, HasSubstr(":2: expected byzantine"));
  write_text(folder / "clients.csv", "client,rows\n");
  EXPECT_THAT(read_clients(run, any).error().message, HasSubstr(":1: expected columns"));
}

}  // namespace
}  // namespace cohort::report
