// Simulated time and journals of real time, as users run them.

#include <chrono>
#include <thread>

#include "tests/runs/program.hpp"

namespace cohort::program {
namespace {

constexpr const char* timed = R"(name = "timed"
[data]
name = "digits"
split = { train = 0.8, test = 0.2 }
partition = { type = "dirichlet", alpha = 0.5, min_rows = 2 }
[model]
type = "softmax"
[clients]
count = 24
[method]
type = "fedavg"
batch_size = 8
local = { optimizer = { type = "sgd", learning_rate = 0.1 } }
[schedule]
rounds = 12
[system]
compute = { type = "lognormal", median = "5 ms/sample", sigma = 1.0 }
uplink = "1 Mbit/s"
latency = "20 ms"
availability = { up = "60 s", down = "20 s" }
dropout = 0.1
[evaluation]
every = 4
)";

const std::vector<std::string> asynchronous = {"--set", "schedule.type=asynchronous",
                                               "--set", "schedule.buffer=5",
                                               "--set", "schedule.concurrency=12"};

class TimeTest : public ProgramTest {
 protected:
  TimeTest() {
    std::ofstream(folder_ / "timed.toml") << timed;
    const std::string text = timed;
    const auto from = text.find("[system]"), to = text.find("[evaluation]");
    std::ofstream(folder_ / "untimed.toml") << text.substr(0, from) + text.substr(to);
  }

  std::vector<std::string> command(const std::string& out, std::vector<std::string> more) {
    std::vector<std::string> words = {program, "run", "timed.toml", "--out", out};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  std::string metrics(const std::string& out) { return text_of(folder_ / out / "metrics.jsonl"); }
  /// Waits until the run has recorded so many rounds.
  bool wait_for_rounds(const std::string& out, std::ptrdiff_t rounds) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (std::chrono::steady_clock::now() < limit) {
      const std::string text = metrics(out);
      if (std::count(text.begin(), text.end(), '\n') >= rounds) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return false;
  }
};

TEST_F(TimeTest, SchedulesInSimulatedTimeHaveTheSameBitsOnAnyNumberOfRanks) {
  const std::vector<std::string> over_selected = {
      "--set", "clients.cohort_size=10", "--set", "schedule.over_selection=0.5",
      "--set", "schedule.deadline=2.0",  "--set", "schedule.quorum=0.3"};
  for (const auto& options : {asynchronous, over_selected}) {
    const std::string name = &options == &asynchronous ? "a" : "s" + options[1];
    ASSERT_EQ(run(command("1" + name, options)).status, 0);
    const std::string expected = metrics("1" + name);
    EXPECT_NE(expected.find("\"sim_seconds\":"), std::string::npos);
    for (const int ranks : {2, 4}) {
      const std::string out = std::to_string(ranks) + name;
      const Done done = run(with_mpi(ranks, command(out, options)));
      ASSERT_EQ(done.status, 0) << done.output;
      EXPECT_EQ(metrics(out), expected);
    }
    for (int i = 1; i <= 4; i *= 2) fs::remove_all(folder_ / (std::to_string(i) + name));
  }
}

TEST_F(TimeTest, EqualSpeedsAndAFullBufferAreFedAvgToTheBit) {
  const std::vector<std::string> equal = {"--set", "system={ compute = \"1 s\" }", "--set",
                                          "schedule.rounds=5"};
  std::vector<std::string> buffered = equal;
  buffered.insert(buffered.end(),
                  {"--set", "schedule.type=asynchronous", "--set", "schedule.buffer=24"});
  ASSERT_EQ(run(command("synchronous", equal)).status, 0);
  ASSERT_EQ(run(command("asynchronous", buffered)).status, 0);

  const std::regex hash("\"state_hash\":\"([0-9a-f]{32})\"");
  const auto hashes_of = [&](const std::string& out) {
    const std::string text = metrics(out);
    return std::vector<std::string>(std::sregex_token_iterator(text.begin(), text.end(), hash, 1),
                                    std::sregex_token_iterator());
  };
  EXPECT_EQ(hashes_of("synchronous").size(), 6U);
  EXPECT_EQ(hashes_of("synchronous"), hashes_of("asynchronous"));
}

TEST_F(TimeTest, AnAsynchronousRunGoesOnOnOtherRanks) {
  std::vector<std::string> options = asynchronous;
  options.insert(options.end(), {"--set", "schedule.rounds=200"});
  ASSERT_EQ(run(command("whole", options)).status, 0);

  const pid_t pid = start(command("parts", options), folder_ / "first.log");
  ASSERT_TRUE(wait_for_rounds("parts", 20));
  ::kill(pid, SIGTERM);
  ASSERT_EQ(wait_for(pid), 75) << text_of(folder_ / "first.log");
  options.push_back("--resume");
  const Done done = run(with_mpi(2, command("parts", options)));

  ASSERT_EQ(done.status, 0) << done.output;
  EXPECT_EQ(metrics("parts"), metrics("whole"));
}

TEST_F(TimeTest, VerifyReplaysWhoWasLateInRealTime) {
  const std::vector<std::string> words = {program,
                                          "run",
                                          "untimed.toml",
                                          "--out",
                                          "late",
                                          "--set",
                                          "schedule.deadline=0.5",
                                          "--set",
                                          "schedule.quorum=0.4",
                                          "--set",
                                          "schedule.rounds=400",
                                          "--set",
                                          "evaluation.every=0"};
  const pid_t pid = start(with_mpi(2, words), folder_ / "first.log");
  ASSERT_TRUE(wait_for_rounds("late", 20)) << text_of(folder_ / "first.log");
  // The second rank stands still for a while.
  std::vector<pid_t> ranks = children_of(pid);
  ASSERT_EQ(ranks.size(), 2U);
  std::sort(ranks.begin(), ranks.end());
  ::kill(ranks[1], SIGSTOP);
  std::this_thread::sleep_for(std::chrono::milliseconds(1500));
  ::kill(ranks[1], SIGCONT);
  ASSERT_EQ(wait_for(pid), 0) << text_of(folder_ / "first.log");
  const std::string journal = text_of(folder_ / "late/journal.jsonl");
  ASSERT_NE(journal.find("\"late\":[12,13,"), std::string::npos) << journal;

  const Done verified = run({program, "verify", "late"});
  EXPECT_EQ(verified.status, 0) << verified.output;

  // The journal is what makes them equal.
  fs::remove(folder_ / "late/journal.jsonl");
  EXPECT_NE(run({program, "verify", "late"}).status, 0);
}

TEST_F(TimeTest, MistakesAreToldWithWhatWasExpected) {
  const auto message = [&](std::vector<std::string> sets) {
    std::vector<std::string> words = {program, "run", "timed.toml"};
    for (auto& s : sets) words.insert(words.end(), {"--set", s});
    const Done done = run(words);
    EXPECT_EQ(done.status, 2) << done.output;
    return done.output;
  };
  const auto has = [](const std::string& text, const std::string& part) {
    EXPECT_NE(text.find(part), std::string::npos) << text;
  };
  has(message({"system.compute=\"2 ms/step\""}),
      "system.compute: expected a unit of ns, us, ms, s, min, h, day, each with /sample, or alone "
      "for an answer, found 'ms/step'");
  has(message({"system.uplink=fast"}), "system.uplink: expected a number and a unit, found 'fast'");
  has(message({"system.dropout=1.0"}), "system.dropout");
  has(message({"system.availability={ up = \"1 min\" }"}), "expected up and down, or file");
  has(message({"schedule.type=asynchronous"}), "expected buffer, the replies of a server step");
  has(message({"schedule.type=asynchronous", "schedule.buffer=5", "method.type=scaffold"}),
      "method: scaffold has clients that remember what the server knows of them");
  has(message({"schedule.type=asynchronous", "schedule.buffer=5", "aggregation.rule=median"}),
      "aggregation: median compares the updates of one round");
  has(message({"schedule.buffer=5"}), "schedule.buffer: is of type = \"asynchronous\"");
}

}  // namespace
}  // namespace cohort::program
