#include "scenarios/outputs.hpp"

#include <cmath>
#include <limits>

#include "scenarios/compare.hpp"
#include "tests/scenarios/folder.hpp"

namespace cohort {
namespace {

using testing::HasSubstr;

RoundRecord record(std::uint64_t round) {
  RoundRecord r;
  r.round = round;
  r.state_hash = "00ff";
  r.cohort = 40;
  r.accepted = 39;
  r.dropped = 1;
  r.byzantine_in_cohort = 8;
  r.f = 12;
  r.bytes_up = 1000;
  r.bytes_down = 2000;
  r.oracle.add(Query::gradient, 8);
  r.oracle.add(Query::gradient, 8);
  r.oracle.add(Query::value, 3);
  r.data_passes = 0.1;
  return r;
}

TEST(RunLogs, MetricsHaveOneObjectARoundInAFixedOrder) {
  const Folder folder;
  auto logs = RunLogs::open(folder.path(), {});
  ASSERT_TRUE(logs);
  ASSERT_TRUE(logs->write(record(0)));
  RoundRecord r = record(1);
  r.measured = Measured{{"test", {{"accuracy", 0.925}, {"loss", 1.0 / 3}}},
                        {"train", {{"loss", std::nan("")}}},
                        {"", {{"gradient_norm", 1e-20}}}};
  ASSERT_TRUE(logs->write(r));
  EXPECT_EQ(text_of(folder / "metrics.jsonl"),
            R"({"round":0,"state_hash":"00ff","cohort":40,"accepted":39,"dropped":1,)"
            R"("byzantine_in_cohort":8,"f":12,"bytes_up":1000,"bytes_down":2000,)"
            R"("oracle_calls":{"value":1,"gradient":2},"data_passes":0.1})"
            "\n"
            R"({"round":1,"state_hash":"00ff","cohort":40,"accepted":39,"dropped":1,)"
            R"("byzantine_in_cohort":8,"f":12,"bytes_up":1000,"bytes_down":2000,)"
            R"("oracle_calls":{"value":1,"gradient":2},"data_passes":0.1,)"
            R"("train":{"loss":null},"test":{"loss":0.3333333333333333,"accuracy":0.925},)"
            R"("gradient_norm":1e-20})"
            "\n");
}

TEST(RunLogs, RoundsHaveTheColumnsOfTheRun) {
  const Folder folder;
  auto logs = RunLogs::open(
      folder.path(),
      {{"validation", "loss"}, {"test", "loss"}, {"test", "loss_std"}, {"", "gradient_norm"}});
  ASSERT_TRUE(logs);
  RoundRecord r = record(1);
  r.measured = Measured{{"test", {{"loss", 0.5}}}};
  ASSERT_TRUE(logs->write(r));
  ASSERT_TRUE(logs->write(record(2)));
  EXPECT_EQ(text_of(folder / "rounds.csv"),
            "round,cohort,accepted,dropped,byzantine_in_cohort,f,bytes_up,bytes_down,oracle_calls,"
            "data_passes,validation_loss,test_loss,test_loss_std,gradient_norm\n"
            "1,40,39,1,8,12,1000,2000,3,0.1,,0.5,,\n"
            "2,40,39,1,8,12,1000,2000,3,0.1,,,,\n");
}

TEST(Clients, HaveALineEach) {
  const Folder folder;
  ClientTable table;
  table.columns = {"train_loss", "client_test_accuracy"};
  table.rows = {3, 2, 0};
  table.labels = {3, 0, 1, 1, 0, 0};
  table.values = {0.5, 0.1, 1.0 / 3, std::nan(""), std::nan(""), std::nan("")};
  const std::vector<ClientId> byzantine = {ClientId(2)};
  const std::vector<double> classes = {-1, 1.5};
  ASSERT_TRUE(write_clients(folder.path(), table, byzantine, classes));
  EXPECT_EQ(text_of(folder / "clients.csv"),
            "client,byzantine,rows,rows_label_-1,rows_label_1.5,train_loss,client_test_accuracy\n"
            "0,0,3,3,0,0.5,0.1\n"
            "1,0,2,1,1,0.3333333333333333,\n"
            "2,1,0,0,0,,\n");
}

TEST(RunLogs, EventsAndTimings) {
  const Folder folder;
  auto logs = RunLogs::open(folder.path(), {});
  ASSERT_TRUE(logs);
  ASSERT_TRUE(logs->write(EventRecord{3, "note", "client 7 sent \"nan\"\n"}));
  PhaseTimes phases;
  phases.compute = 0.125;
  phases.wait = 0.0625;
  ASSERT_TRUE(logs->write(TimingRecord{3, {Seconds(0.25), phases, 1.5}, 77}));
  EXPECT_EQ(text_of(folder / "events.jsonl"),
            "{\"round\":3,\"event\":\"note\",\"message\":\"client 7 sent \\\"nan\\\"\\n\"}\n");
  EXPECT_EQ(
      text_of(folder / "timing.jsonl"),
      "{\"round\":3,\"seconds\":0.25,\"wire_bytes\":77,\"phases\":{\"compute\":0.125,\"wait\":"
      "0.0625},\"imbalance\":1.5}\n");
}

TEST(RunLogs, GoBackToACheckpoint) {
  const Folder folder;
  std::map<std::string, std::uint64_t> offsets;
  {
    auto logs = RunLogs::open(folder.path(), {});
    ASSERT_TRUE(logs);
    ASSERT_TRUE(logs->write(record(0)));
    offsets = logs->offsets();
    ASSERT_TRUE(logs->write(record(1)));
  }
  auto logs = RunLogs::open(folder.path(), {});
  ASSERT_TRUE(logs);
  ASSERT_TRUE(logs->truncate_to(offsets));
  ASSERT_TRUE(logs->write(record(2)));
  const std::string text = text_of(folder / "metrics.jsonl");
  EXPECT_THAT(text, HasSubstr("\"round\":0,"));
  EXPECT_THAT(text, testing::Not(HasSubstr("\"round\":1,")));
  EXPECT_THAT(text, HasSubstr("\"round\":2,"));
  offsets["metrics.jsonl"] = 1U << 20;
  const auto shorter = logs->truncate_to(offsets);
  ASSERT_FALSE(shorter);
  EXPECT_THAT(shorter.error().message, HasSubstr("metrics.jsonl: expected at least"));
  ASSERT_TRUE(logs->truncate_to({}));
  EXPECT_EQ(text_of(folder / "metrics.jsonl"), "");
}

TEST(AppendLog, AFullDiskIsAnErrorThatSaysHowToGoOn) {
  auto log = AppendLog::open("/dev/full");
  if (!log) GTEST_SKIP() << "no /dev/full";
  const auto written = log->append("x");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, Code::environment);
  EXPECT_THAT(written.error().message,
              testing::AllOf(HasSubstr("/dev/full: No space left"), HasSubstr("--resume")));
}

Summary summary(const std::string& model_hash) {
  Summary s;
  s.name = "quickstart";
  s.case_name = "mean";
  s.status = "finished";
  s.stop_reason = "60 rounds";
  s.rounds = 60;
  s.model_hash = model_hash;
  s.seeds = {1, 2, 3};
  s.data = {{"digits.csv.gz", "abc"}};
  s.final = {{"test", {{"accuracy", 0.9}}}, {"", {{"distance", 0.5}}}};
  s.best = s.final;
  s.best_round = {{"test", {{"accuracy", 55}}}};
  return s;
}

TEST(Summary, ReadsBack) {
  const Folder folder;
  ASSERT_TRUE(write_summary(folder.path(), summary("m")));
  const auto read = read_summary(folder.path());
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->name, "quickstart");
  EXPECT_EQ(read->case_name, "mean");
  EXPECT_EQ(read->status, "finished");
  EXPECT_EQ(read->seeds.run, 3U);
  EXPECT_EQ(read->final, summary("m").final);
  EXPECT_THAT(text_of(folder / "summary.json"), HasSubstr("\"round\": 55"));
  EXPECT_FALSE(read_summary(folder / "nowhere"));
  std::ofstream(folder / "summary.json") << "{\"name\": 1}";
  EXPECT_FALSE(read_summary(folder.path()));
}

void write_run(const std::filesystem::path& path, double loss, const std::string& model_hash,
               std::uint64_t rounds = 3) {
  std::filesystem::create_directory(path);
  auto logs = RunLogs::open(path, {});
  ASSERT_TRUE(logs);
  for (std::uint64_t i = 0; i < rounds; ++i) {
    RoundRecord r = record(i);
    r.measured = Measured{{"test", {{"loss", i == 2 ? loss : 1.0}}}};
    ASSERT_TRUE(logs->write(r));
  }
  ASSERT_TRUE(write_summary(path, summary(model_hash)));
}

TEST(Compare, NamesTheFirstRoundAndWhatDiffers) {
  const Folder folder;
  write_run(folder / "a", 0.5, "m");
  write_run(folder / "b", 0.5, "m");
  write_run(folder / "c", 0.25, "m");
  write_run(folder / "d", 0.5, "other");
  write_run(folder / "e", 0.5, "m", 2);
  const auto compare = [&](const char* other) {
    return compare_runs(folder / "a", folder / other);
  };
  EXPECT_TRUE(compare("b")->is_equal);
  EXPECT_FALSE(compare("c")->is_equal);
  EXPECT_EQ(compare("c")->text, "differ first in round 2: test.loss (0.5 and 0.25)");
  EXPECT_FALSE(compare("d")->is_equal);
  EXPECT_THAT(compare("d")->text, HasSubstr("model_hash m and other"));
  EXPECT_FALSE(compare("e")->is_equal);
  EXPECT_THAT(compare("e")->text, HasSubstr("ends after 2 rounds"));
  EXPECT_EQ(compare("nowhere").error().code, Code::bad_input);
}

}  // namespace
}  // namespace cohort
