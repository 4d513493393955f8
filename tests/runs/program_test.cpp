// The program as its users run it: processes, mpirun, kill -9, resume, a full disk, mistakes.

#include "tests/runs/program.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <thread>

namespace cohort::program {
namespace {

struct Subject {
  const char* name;
  bool is_probe;
  const char* file;
};
class SameBits : public ProgramTest, public testing::WithParamInterface<Subject> {
 protected:
  std::vector<std::string> command(std::vector<std::string> more) const {
    std::vector<std::string> words = {GetParam().is_probe ? probes : program, "run",
                                      source + "/" + GetParam().file};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
};

TEST_P(SameBits, OverThreadsRanksAndInstructionSets) {
  ASSERT_EQ(run(command({"--out", "reference", "--set", "run.threads=1"})).status, 0);
  const auto reference = hashes("reference");
  ASSERT_FALSE(reference.empty());

  EXPECT_EQ(run(command({"--out", "threads", "--set", "run.threads=2"})).status, 0);
  EXPECT_EQ(hashes("threads"), reference);
  for (const int ranks : {1, 2, 4}) {
    const std::string out = "ranks" + std::to_string(ranks);
    const Done done = run(with_mpi(ranks, command({"--out", out})));
    EXPECT_EQ(done.status, 0) << done.output;
    EXPECT_EQ(hashes(out), reference) << ranks << " ranks";
  }
  for (const std::string isa : {"avx2", "avx512"}) {
    std::vector<std::string> words = {"env", "COHORT_ISA=" + isa};
    const auto rest = command({"--out", isa});
    words.insert(words.end(), rest.begin(), rest.end());
    const Done done = run(words);
    if (done.status == 3 && done.output.find("avx512") != std::string::npos) continue;  // lacks it
    EXPECT_EQ(done.status, 0) << done.output;
    EXPECT_EQ(hashes(isa), reference) << isa;
  }
}

// Killed at some point after its first checkpoint, on 4 ranks; resumed on 2.
TEST_P(SameBits, AfterKillAndResumeOnFewerRanks) {
  const std::vector<std::string> longer = {"--set", "schedule.rounds=300",
                                           "--set", "run.checkpoint.every_rounds=7",
                                           "--set", "evaluation.every=50"};
  auto words = command({"--out", "whole"});
  words.insert(words.end(), longer.begin(), longer.end());
  ASSERT_EQ(run(words).status, 0);

  words = command({"--out", "killed"});
  words.insert(words.end(), longer.begin(), longer.end());
  const pid_t pid = start(with_mpi(4, words), folder_ / "log-killed");
  const auto has_checkpoint = [&] {
    if (!fs::exists(folder_ / "killed")) return false;
    std::error_code ignored;
    for (const auto& entry : fs::recursive_directory_iterator(folder_ / "killed", ignored)) {
      if (entry.path().filename().string().starts_with("manifest-") &&
          entry.path().extension() == ".bin") {
        return true;
      }
    }
    return false;
  };
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!has_checkpoint() && ::waitpid(pid, nullptr, WNOHANG) == 0 &&
         std::chrono::steady_clock::now() < limit) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  ASSERT_TRUE(has_checkpoint()) << text_of(folder_ / "log-killed");
  // Every rank, and then mpirun: nobody writes a last word.
  for (const pid_t rank : children_of(pid)) ::kill(rank, SIGKILL);
  ::kill(pid, SIGKILL);
  wait_for(pid);

  words.push_back("--resume");
  const Done resumed = run(with_mpi(2, words));
  ASSERT_EQ(resumed.status, 0) << resumed.output;
  EXPECT_EQ(hashes("killed"), hashes("whole"));
  for (const auto& [path, hash] : hashes("whole")) {
    const fs::path run_folder = fs::path(path).parent_path();
    EXPECT_EQ(text_of(folder_ / "killed" / run_folder / "metrics.jsonl"),
              text_of(folder_ / "whole" / run_folder / "metrics.jsonl"));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Scenarios, SameBits,
    testing::Values(Subject{"quickstart", false, "scenarios/quickstart.toml"},
                    Subject{"heterogeneity", false, "scenarios/heterogeneity.toml"},
                    Subject{"evaluation", false, "tests/probes/evaluation.toml"},
                    Subject{"robust", false, "tests/probes/robust.toml"},
                    Subject{"compressed", false, "tests/probes/compressed.toml"},
                    Subject{"owned", false, "tests/probes/owned.toml"},
                    Subject{"gossip", false, "tests/probes/gossip.toml"},
                    Subject{"newton", true, "tests/probes/newton.toml"},
                    Subject{"ef21", true, "tests/probes/ef21.toml"},
                    Subject{"seed", true, "tests/probes/seed.toml"}),
    [](const auto& p) { return std::string(p.param.name); });

TEST_F(ProgramTest, QuickstartPrintsBothAccuraciesAndWhatToDoNext) {
  const Done done = run({program, "run", source + "/scenarios/quickstart.toml", "--out", "q"});

  ASSERT_EQ(done.status, 0) << done.output;
  const std::regex pattern("test accuracy ([0-9.]+)");
  std::vector<double> last;
  std::istringstream lines(done.output);
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (line.find("finished") != std::string::npos && std::regex_search(line, match, pattern)) {
      last.push_back(std::stod(match[1]));
    }
  }
  ASSERT_EQ(last.size(), 2U) << done.output;
  EXPECT_GT(last[0], 0.85);  // the robust rule learns
  EXPECT_LT(last[1], 0.3);   // the mean does not
  EXPECT_NE(done.output.find("cohort compare"), std::string::npos) << done.output;
}

TEST_F(ProgramTest, HeterogeneityLeavesFedAvgBiasedAndScaffoldAtTheOptimum) {
  ASSERT_EQ(run({program, "run", source + "/scenarios/heterogeneity.toml", "--out", "h"}).status,
            0);
  const auto distance = [&](const std::string& name) {
    std::smatch match;
    const std::string text = text_of(folder_ / "h" / name / "summary.json");
    EXPECT_TRUE(std::regex_search(text, match, std::regex("\"distance\": ([0-9.e-]+)"))) << text;
    return std::stod(match[1]);
  };
  EXPECT_GT(distance("fedavg"), 1e-2);
  EXPECT_LT(distance("scaffold"), 1e-10);
}

TEST_F(ProgramTest, ASignalStopsAfterTheRoundWithStatus75AndResumesToTheSameBits) {
  const std::vector<std::string> words = {program,
                                          "run",
                                          source + "/scenarios/heterogeneity.toml",
                                          "--set",
                                          "schedule.rounds=30000",
                                          "--set",
                                          "evaluation.every=1000"};
  auto whole = words;
  whole.insert(whole.end(), {"--out", "whole"});
  ASSERT_EQ(run(whole).status, 0);
  auto stopped = words;
  stopped.insert(stopped.end(), {"--out", "stopped"});
  const pid_t pid = start(stopped, folder_ / "log-stopped");
  while (!fs::exists(folder_ / "stopped" / "fedavg" / "metrics.jsonl") &&
         ::waitpid(pid, nullptr, WNOHANG) == 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  ::kill(pid, SIGTERM);
  const int status = wait_for(pid);
  ASSERT_EQ(status, 75) << text_of(folder_ / "log-stopped");
  EXPECT_NE(text_of(folder_ / "log-stopped").find("--resume"), std::string::npos);

  // Without --resume the unfinished run is not touched.
  const Done refused = run(stopped);
  EXPECT_EQ(refused.status, 2);
  EXPECT_NE(refused.output.find("--resume"), std::string::npos) << refused.output;
  stopped.push_back("--resume");
  ASSERT_EQ(run(stopped).status, 0);
  EXPECT_EQ(hashes("stopped"), hashes("whole"));
}

TEST_F(ProgramTest, EveryJobOfARequeuedRunUsesTheTimeThatItHas) {
  const auto job = [&](int seconds) {
    const auto end = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now() +
                                                          std::chrono::seconds(seconds));
    ::setenv("SLURM_JOB_END_TIME", std::to_string(end).c_str(), 1);
    const Done done = run({program, "run", source + "/scenarios/heterogeneity.toml", "--out", "run",
                           "--resume", "--set", "schedule.rounds=100000000", "--set",
                           "evaluation.every=1000000", "--set", "schedule.stop.wall_time=slurm"});
    ::unsetenv("SLURM_JOB_END_TIME");
    EXPECT_EQ(done.status, 75) << done.output;
    const std::string rounds = text_of(folder_ / "run" / "fedavg" / "timing.jsonl");
    return std::pair(std::count(rounds.begin(), rounds.end(), '\n'), rounds);
  };
  const auto [first, unused] = job(3);
  // Less than the first job used, which is no reason to stop at once.
  const auto [both, timings] = job(2);
  EXPECT_GT(first, 100);
  EXPECT_GT(both, first + 100);

  double last = -1;
  const std::regex pattern("\"seconds\":([0-9.e+-]+)");
  for (std::sregex_iterator at(timings.begin(), timings.end(), pattern), end; at != end; ++at) {
    const double seconds = std::stod((*at)[1]);
    ASSERT_GE(seconds, last) << "stops are left out, what ran before them is not";
    last = seconds;
  }
}

TEST_F(ProgramTest, VerifyReplaysARunAndCompareNamesTheFirstDifference) {
  const std::string scenario = source + "/scenarios/heterogeneity.toml";
  ASSERT_EQ(run({program, "run", scenario, "--out", "a", "--set", "run.trace=clients"}).status, 0);
  ASSERT_EQ(run({program, "run", scenario, "--out", "b", "--set", "run.trace=clients", "--set",
                 "method.local.optimizer.learning_rate=0.051"})
                .status,
            0);

  const Done verified = run({program, "verify", "a/fedavg"});
  EXPECT_EQ(verified.status, 0) << verified.output;
  const Done compared = run({program, "compare", "a/fedavg", "b/fedavg"});
  EXPECT_EQ(compared.status, 1);
  EXPECT_NE(compared.output.find("round 1"), std::string::npos) << compared.output;
  EXPECT_NE(compared.output.find("client 0 differs first"), std::string::npos) << compared.output;
}

TEST_F(ProgramTest, FiveMistakesGiveFiveErrorsAndWriteNothing) {
  std::ofstream(folder_ / "wrong.toml") << R"(name = "wrong"
[data]
name = "digits"
split = { train = 0.8, test = 0.2 }
[model]
type = "sofmax"
[clients]
count = "ten"
[method]
type = "fedavg"
lr = 0.1
batch_size = -3
[schedule]
rounds = 5
quorum = 2.0
)";
  const Done done = run({program, "run", "wrong.toml"});

  EXPECT_EQ(done.status, 2);
  for (const char* place :
       {"wrong.toml:6:", "wrong.toml:8:", "wrong.toml:11:", "wrong.toml:12:", "wrong.toml:15:"}) {
    EXPECT_NE(done.output.find(place), std::string::npos) << place << "\n" << done.output;
  }
  EXPECT_NE(done.output.find("learning_rate"), std::string::npos) << done.output;
  EXPECT_FALSE(fs::exists(folder_ / "runs"));
}

TEST_F(ProgramTest, ACompressorThatAMethodCannotTakeIsRefusedWithTheReason) {
  const auto said = [&](const std::string& method) {
    std::ofstream(folder_ / "c.toml")
        << "name = \"c\"\n[problem]\ntype = \"quadratic\"\ndimension = 400\n"
           "[clients]\ncount = 4\n[schedule]\nrounds = 2\n[method]\n"
        << method;
    const Done done = run({program, "run", "c.toml"});
    EXPECT_EQ(done.status, 2) << method;
    return done.output;
  };
  const auto has = [&](const std::string& method, const std::string& text) {
    const std::string output = said(method);
    EXPECT_NE(output.find(text), std::string::npos) << output;
  };
  has("type = \"diana\"\nupdate = { compressor = \"top_k\" }\n",
      "diana needs an unbiased compressor, and top_k is biased");
  has("type = \"ef21\"\nupdate = { compressor = { type = \"qsgd\", levels = 1 } }\n",
      "up to 20 times |x|^2 at d = 400");
  has("type = \"qfedavg\"\nupdate = { compressor = \"natural\" }\n",
      "qfedavg sends nothing that it could make small");
  has("type = \"fedsgd\"\nupdate = { compressor = \"topk\" }\n", "did you mean 'top_k'");
  has("type = \"fedsgd\"\nupdate = { compressor = { type = \"top_k\", kept = 1.5 } }\n",
      "a share of them in (0, 1]");
  has("type = \"scaffold\"\ndown = { compressor = \"natural\" }\n",
      "scaffold sends more down than the model");
  has("type = \"ef21\"\ndown = { compressor = { type = \"qsgd\", levels = 1 } }\n",
      "qsgd with these options has no such bound at d = 400");
  has("type = \"ef21\"\ndown = { compresor = \"top_k\" }\n", "did you mean 'compressor'");
}

TEST_F(ProgramTest, LayersThatNoModelHasAndModelsThatNobodyCanMeasureAreToldBeforeTheRun) {
  const auto said = [&](const std::string& owned, const std::string& evaluation) {
    std::ofstream(folder_ / "o.toml")
        << "name = \"o\"\n[data]\nname = \"digits\"\n[model]\ntype = \"neural\"\n"
           "layers = [\"dense 4 relu\"]\n[clients]\ncount = 4\n[schedule]\nrounds = 2\n"
           "[method]\ntype = \"fedper\"\n"
        << owned << "[evaluation]\n"
        << evaluation;
    const Done done = run({program, "run", "o.toml"});
    EXPECT_EQ(done.status, 2) << owned << evaluation;
    return done.output;
  };
  const std::string personal = "on = [\"train\"]\npersonal = true\n";
  EXPECT_NE(
      said("owned = [\"dense3\"]\n", personal)
          .find("method.owned: 'dense3' is no segment of neural; expected \"last\", or some of "
                "dense1.weight, dense1.bias, dense2.weight, dense2.bias"),
      std::string::npos);
  EXPECT_NE(said("owned = [\"dense1\", \"dense2\"]\n", personal).find("share nothing"),
            std::string::npos);
  EXPECT_NE(said("", "on = [\"train\"]\n").find("only their own models can be measured"),
            std::string::npos);
}

TEST_F(ProgramTest, AFullDiskEndsTheRunWithTheFilesName) {
  // A limit on the size of files stands for the disk.
  const Done done =
      run({"bash", "-c",
           "ulimit -f 8; exec " + program + " run " + source +
               "/scenarios/heterogeneity.toml --set schedule.rounds=4000 --out full"});

  EXPECT_EQ(done.status, 3) << done.output;
  EXPECT_NE(done.output.find("full/fedavg/"), std::string::npos) << done.output;
}

TEST_F(ProgramTest, ARankThatFailsEndsTheJobSoonWithItsName) {
  // Rank 1 gets another scenario than rank 0.
  const auto begin = std::chrono::steady_clock::now();
  const Done done = run({"mpirun",
                         "--oversubscribe",
                         "--bind-to",
                         "none",
                         "-n",
                         "1",
                         program,
                         "run",
                         source + "/scenarios/heterogeneity.toml",
                         "--out",
                         "m",
                         ":",
                         "-n",
                         "1",
                         program,
                         "run",
                         source + "/scenarios/heterogeneity.toml",
                         "--out",
                         "m",
                         "--set",
                         "schedule.rounds=3"});

  EXPECT_EQ(done.status, 2) << done.output;
  EXPECT_NE(done.output.find("rank 1"), std::string::npos) << done.output;
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

}  // namespace
}  // namespace cohort::program
