// Sweeps as their users run them: killed, gone on with, side by side, dealt to groups of ranks.

#include "tests/runs/program.hpp"

#include <chrono>
#include <thread>

namespace cohort::program {
namespace {

// Three methods, tuned, two seeds: 6 points, and 12 tuning runs of which two diverge. What it
// computes takes a second; what is killed is made to take longer.
constexpr const char* small = R"(name = "small"
[problem]
type = "quadratic"
dimension = 20
[clients]
count = 8
[method]
type = "fedavg"
local_steps = 5
local = { estimator = "full_batch", optimizer = { type = "sgd", learning_rate = 0.05 } }
[schedule]
rounds = 40
stop = { loss_above = 1e6 }
[evaluation]
every = 10
metrics = ["objective", "distance"]
[sweep]
seeds = [1, 2]
grid = { "problem.condition" = [2.0, 10.0] }
cases = [{ name = "fedavg" }, { name = "scaffold", method = { type = "scaffold", local_steps = 5 } }]
tune = { "method.local.optimizer.learning_rate" = [0.02, 0.05, 30.0], by = "train_objective", seeds = [101] }
)";

class SweepTest : public ProgramTest {
 protected:
  SweepTest() { std::ofstream(folder_ / "small.toml") << small; }

  std::vector<std::string> command(const std::string& out, std::vector<std::string> more = {}) {
    std::vector<std::string> words = {program, "run", "small.toml", "--out", out};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  std::string table(const std::string& out) const { return text_of(folder_ / out / "sweep.csv"); }
  /// Of an uninterrupted run in one process.
  std::string reference(const std::vector<std::string>& more = {}) {
    const Done done = run(command("whole", more));
    EXPECT_EQ(done.status, 0) << done.output;
    return table("whole");
  }
  static std::size_t count(const std::string& text, const std::string& what) {
    std::size_t n = 0;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
    return n;
  }
  bool has_begun(const std::string& out, std::size_t runs) const {
    std::size_t found = 0;
    std::error_code ignored;
    for (fs::recursive_directory_iterator it(folder_ / out, ignored), end; !ignored && it != end;
         it.increment(ignored)) {
      found += it->path().filename() == "metrics.jsonl";
    }
    return found >= runs;
  }
  /// Waits until so many runs have begun; false if the process ended before.
  bool wait_for_runs(pid_t pid, const std::string& out, std::size_t runs) const {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!has_begun(out, runs)) {
      if (std::chrono::steady_clock::now() > limit) return false;
      siginfo_t info{};
      if (::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
          info.si_pid == pid) {
        return false;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
  }
};

TEST_F(SweepTest, TunesThenRunsEveryPointAndSaysWhatItChose) {
  const Done done = run(command("whole"));

  ASSERT_EQ(done.status, 0) << done.output;
  const std::string rows = table("whole");
  EXPECT_EQ(count(rows, "\n"), 9U) << rows;
  EXPECT_EQ(count(rows, ",finished,"), 8U) << rows;
  EXPECT_EQ(count(rows, ",0.05,"), 8U) << rows;  // neither the slowest nor the one that diverges
  EXPECT_EQ(count(rows, ":largest"), 0U) << rows;
  EXPECT_TRUE(fs::exists(folder_ / "whole/fedavg/condition=2.0/s1/summary.json"));
  EXPECT_TRUE(fs::exists(folder_ /
                         "whole/tuning/fedavg/condition=2.0/learning_rate=0.02/s101/summary.json"));
  EXPECT_NE(done.output.find("diverged"), std::string::npos) << done.output;
  EXPECT_NE(text_of(folder_ / "whole/fedavg/condition=2.0/s1/events.jsonl")
                .find("tuned to learning_rate=0.05"),
            std::string::npos);
  // The loss is seen to fall in what is reported, so the chosen value was really used.
  EXPECT_NE(
      text_of(folder_ / "whole/fedavg/condition=2.0/s1/scenario.toml").find("learning_rate = 0.05"),
      std::string::npos);
}

TEST_F(SweepTest, TheEdgeOfAGridIsSaidLoudly) {
  const Done done =
      run(command("edge", {"--set", "sweep.tune.method.local.optimizer.learning_rate=[0.01, 0.05]",
                           "--set", "sweep.seeds=[1]"}));

  ASSERT_EQ(done.status, 0) << done.output;
  EXPECT_NE(done.output.find("AT THE EDGE: 0.05 is the largest"), std::string::npos) << done.output;
  EXPECT_EQ(count(table("edge"), ",method.local.optimizer.learning_rate:largest,"), 4U);
}

TEST_F(SweepTest, WhatIsFinishedIsSkippedAtOnceAndWhatIsNewIsRun) {
  const std::string whole = reference();
  const auto begin = std::chrono::steady_clock::now();
  const Done again = run(command("whole"));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(1));
  EXPECT_EQ(again.status, 0) << again.output;
  EXPECT_NE(again.output.find("8 done before"), std::string::npos) << again.output;
  EXPECT_EQ(table("whole"), whole);

  // Another seed is two new points a case; the old ones keep their bytes.
  const auto old_log = fs::last_write_time(folder_ / "whole/fedavg/condition=2.0/s1/metrics.jsonl");
  const Done more = run(command("whole", {"--set", "sweep.seeds=[1, 2, 3]"}));
  EXPECT_EQ(more.status, 0) << more.output;
  EXPECT_EQ(count(table("whole"), ",finished,"), 12U);
  EXPECT_EQ(fs::last_write_time(folder_ / "whole/fedavg/condition=2.0/s1/metrics.jsonl"), old_log);

  const Done other = run(command("whole", {"--set", "schedule.rounds=41"}));
  EXPECT_EQ(other.status, 2) << other.output;
  EXPECT_NE(other.output.find("another scenario"), std::string::npos) << other.output;
}

TEST_F(SweepTest, KilledAnywhereItEndsWithTheSameTable) {
  const std::vector<std::string> longer = {
      "--set", "schedule.rounds=2000", "--set", "run.checkpoint.every_rounds=50", "--jobs", "2"};
  const std::string whole = reference(longer);
  // In tuning and among the points.
  auto words = command("killed", longer);
  for (const std::size_t runs : {4U, 11U, 16U}) {
    const pid_t pid = start(words, folder_ / "log-killed");
    const bool is_there = wait_for_runs(pid, "killed", runs);
    ::kill(pid, SIGKILL);
    wait_for(pid);
    ASSERT_TRUE(is_there) << text_of(folder_ / "log-killed");
    if (words.back() != "--resume") {
      const Done refused = run(words);
      EXPECT_EQ(refused.status, 2) << refused.output;
      EXPECT_NE(refused.output.find("--resume"), std::string::npos) << refused.output;
      words.push_back("--resume");
    }
  }
  const Done resumed = run(words);
  ASSERT_EQ(resumed.status, 0) << resumed.output;
  EXPECT_EQ(table("killed"), whole);
  EXPECT_EQ(hashes("killed"), hashes("whole"));
}

TEST_F(SweepTest, ASignalStopsAllProcessesResumably) {
  const std::vector<std::string> longer = {"--set", "schedule.rounds=4000", "--jobs", "2"};
  auto words = command("stopped", longer);
  const pid_t pid = start(words, folder_ / "log-stopped");
  ASSERT_TRUE(wait_for_runs(pid, "stopped", 3)) << text_of(folder_ / "log-stopped");
  ::kill(pid, SIGINT);
  EXPECT_EQ(wait_for(pid), 75) << text_of(folder_ / "log-stopped");
  EXPECT_NE(text_of(folder_ / "log-stopped").find("--resume"), std::string::npos);
  EXPECT_NE(table("stopped").find(",missing,"), std::string::npos);

  words.push_back("--resume");
  EXPECT_EQ(run(words).status, 0);
  EXPECT_EQ(table("stopped"), reference(longer));
}

TEST_F(SweepTest, PointByPointGivesTheSameTable) {
  const std::string whole = reference();
  const Done wrong = run(command("points", {"--point", "1/7"}));
  EXPECT_EQ(wrong.status, 2);
  EXPECT_NE(wrong.output.find("the sweep has 8 points"), std::string::npos) << wrong.output;
  // Two at once, as tasks of an array that need the same tuning.
  const auto begin = [&](int point) {
    return start(command("points", {"--point", std::to_string(point) + "/8"}),
                 folder_ / ("log" + std::to_string(point)));
  };
  for (int point = 8; point > 0; point -= 2) {
    const pid_t a = begin(point), b = begin(point - 1);
    EXPECT_EQ(wait_for(a), 0) << text_of(folder_ / ("log" + std::to_string(point)));
    EXPECT_EQ(wait_for(b), 0) << text_of(folder_ / ("log" + std::to_string(point - 1)));
  }
  EXPECT_EQ(table("points"), whole);
  // Nothing was done twice.
  EXPECT_EQ(hashes("points").size(), hashes("whole").size());

  const Done listed = run(command("points", {"--list"}));
  EXPECT_EQ(count(listed.output, "  finished  "), 8U) << listed.output;
}

TEST_F(SweepTest, ProcessesAndRankGroupsGiveTheSameTable) {
  const std::string whole = reference();
  EXPECT_EQ(run(command("jobs", {"--jobs", "3"})).status, 0);
  EXPECT_EQ(table("jobs"), whole);
  EXPECT_EQ(hashes("jobs"), hashes("whole"));

  const Done groups = run(with_mpi(4, command("groups", {"--ranks-per-point", "2"})));
  EXPECT_EQ(groups.status, 0) << groups.output;
  EXPECT_NE(groups.output.find("2 groups of 2 ranks"), std::string::npos) << groups.output;
  EXPECT_EQ(table("groups"), whole);
  EXPECT_EQ(hashes("groups"), hashes("whole"));

  const Done together = run(with_mpi(2, command("together")));
  EXPECT_EQ(together.status, 0) << together.output;
  EXPECT_EQ(table("together"), whole);

  EXPECT_EQ(run(with_mpi(4, command("uneven", {"--ranks-per-point", "3"}))).status, 2);
  EXPECT_EQ(run(with_mpi(2, command("wrong", {"--jobs", "2"}))).status, 2);
}

TEST_F(SweepTest, AFailedPointIsARowAndTheOthersRun) {
  // A file where the folder of one point should be.
  fs::create_directories(folder_ / "bad/fedavg/condition=2.0");
  std::ofstream(folder_ / "bad/fedavg/condition=2.0/s1") << "no folder\n";
  const Done done = run(command("bad"));

  EXPECT_EQ(done.status, 2) << done.output;
  EXPECT_EQ(count(table("bad"), ",finished,"), 7U) << table("bad");
  EXPECT_EQ(count(table("bad"), ",failed,"), 1U) << table("bad");
  EXPECT_NE(run(command("bad", {"--list"})).output.find("1/8  failed"), std::string::npos);

  fs::remove(folder_ / "bad/fedavg/condition=2.0/s1");
  EXPECT_EQ(run(command("bad")).status, 0);
  EXPECT_EQ(table("bad"), reference());
}

TEST_F(SweepTest, ADivergedPointIsAResult) {
  const std::vector<std::string> fixed = {
      "--set",
      "sweep.grid={ \"method.local.optimizer.learning_rate\" = [0.05, 30.0] }",
      "--set",
      "sweep.tune={ \"method.local_steps\" = [2, 5], by = \"train_objective\", seeds = [1] }",
      "--set",
      "sweep.cases=[{ name = \"a\" }]"};
  const Done done = run(command("d", fixed));

  EXPECT_EQ(done.status, 0) << done.output;
  EXPECT_EQ(count(table("d"), ",diverged,"), 2U) << table("d");
  EXPECT_NE(done.output.find("EVERY candidate diverged"), std::string::npos) << done.output;
}

TEST_F(SweepTest, ExplainAndDryRunCountTheRunsInsteadOfShowingEach) {
  const Done explained = run(command("x", {"--explain"}));
  EXPECT_EQ(explained.status, 0);
  EXPECT_NE(explained.output.find("# 8 points: 2 cases × 2 values of problem.condition × 2 seeds; "
                                  "12 tuning runs"),
            std::string::npos)
      << explained.output;
  EXPECT_EQ(count(explained.output, "[schedule]"), 2U);
  const Done dry = run(command("x", {"--dry-run"}));
  EXPECT_EQ(dry.status, 0);
  EXPECT_NE(dry.output.find("time of all runs"), std::string::npos) << dry.output;
  EXPECT_FALSE(fs::exists(folder_ / "x"));
}

TEST_F(SweepTest, StudiesThatShipRunInAReducedForm) {
  struct Study {
    const char* file;
    const char* name;
    std::size_t points;  // a seed
    const char* metric;
    bool is_tuned = true;
  };
  for (const Study& study : {Study{"results/comparison", "comparison", 3, "test_accuracy"},
                             Study{"federated/drift", "drift", 9, "optimality_gap"},
                             Study{"federated/compression", "compression", 15, "gradient_norm"},
                             Study{"federated/asynchronous", "asynchronous", 4, "test_accuracy"},
                             Study{"federated/participation", "participation", 9, "distance"},
                             Study{"regression/lasso", "lasso", 2, "train_objective"},
                             Study{"neural/digits", "neural_digits", 4, "test_accuracy"},
                             Study{"bilevel/quadratic", "bilevel-quadratic", 11, "distance"},
                             Study{"forward/scalar_protocols", "scalars", 4, "test_accuracy"},
                             Study{"gossip/choco", "choco", 6, "consensus_distance"},
                             Study{"federated/personalised", "personalised", 24,
                                   "client_test_accuracy_worst10", false}}) {
    SCOPED_TRACE(study.file);
    std::vector<std::string> words = {program,
                                      "run",
                                      source + "/scenarios/" + study.file + ".toml",
                                      "--out",
                                      study.name,
                                      "--set",
                                      "schedule.rounds=4",
                                      "--set",
                                      "sweep.seeds=[1, 2]"};
    if (study.is_tuned) words.insert(words.end(), {"--set", "sweep.tune.seeds=[101]"});
    const Done done = run(words);
    ASSERT_EQ(done.status, 0) << done.output;
    const std::string rows = table(study.name);
    EXPECT_EQ(count(rows, ",finished,"), 2 * study.points) << rows;
    EXPECT_NE(rows.find(study.metric), std::string::npos);
    EXPECT_NE(done.output.find(std::string("cohort report ") + study.name), std::string::npos)
        << done.output;
  }
}

TEST_F(SweepTest, StudiesOfRobustnessRunInAReducedForm) {
  for (const std::string name : {"digits", "mushroom"}) {
    const Done done =
        run({program, "run", source + "/scenarios/robust/" + name + ".toml", "--out", name, "--set",
             "schedule.rounds=2", "--set", "sweep.seeds=[1]", "--set",
             "sweep.grid.clients.byzantine.attack=[\"alie\", \"label_flip\", \"replay\"]"});
    ASSERT_EQ(done.status, 0) << done.output;
    EXPECT_EQ(count(table(name), ",finished,"), 19U * 3) << table(name);
  }
  const Done done =
      run({program, "run", source + "/scenarios/robust/stream.toml", "--out", "stream", "--set",
           "schedule.rounds=2", "--set", "sweep.seeds=[1]", "--set", "sweep.tune.seeds=[101]"});
  ASSERT_EQ(done.status, 0) << done.output;
  EXPECT_EQ(count(table("stream"), ",finished,"), 10U * 2) << table("stream");
}

}  // namespace
}  // namespace cohort::program
