// Whole runs over the in-process transport, one thread a rank, with messages that are dropped,
// late, repeated and out of order: the model must have the bits of the run without faults.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "comm/inproc.hpp"
#include "core/hash.hpp"
#include "scenarios/loader.hpp"
#include "scenarios/session.hpp"
#include "tests/probes/catalogue.hpp"

namespace cohort {
namespace {

class Listener final : public Observer {
 public:
  Result<void> round(const RoundReport& report, const ServerCheckpoint&,
                     const RoundTiming&) override {
    reports.push_back(report);
    return {};
  }
  Result<void> checkpoint(const WriteCheckpoint&) override { return {}; }
  void note(const std::string& text) override { notes.push_back(text); }
  std::string checkpoint_directory() const override { return {}; }

  std::vector<RoundReport> reports;
  std::vector<std::string> notes;
};

struct Outcome {
  std::optional<Error> error;  // of rank 0
  SessionResult session;
  std::vector<RoundReport> reports;
  std::vector<std::string> notes;
};

Outcome run(const Scenario& scenario, std::uint32_t ranks, FaultPlan plan = {}) {
  InprocNetwork network(ranks, std::move(plan));
  Outcome outcome;
  const auto one_rank = [&](std::uint32_t rank) {
    const auto prepared = Prepared::make(scenario, rank, ranks);
    ASSERT_TRUE(prepared) << prepared.error().message;
    const auto transport = network.endpoint(Rank(rank));
    Exchange exchange(*transport);
    ThreadPool pool(1);
    Listener listener;
    SessionInput input;
    input.prepared = prepared->get();
    input.transport = transport.get();
    input.exchange = &exchange;
    input.pool = &pool;
    input.observer = &listener;
    input.silence_limit = Seconds(20);
    auto session = run_session(std::move(input));
    if (rank != 0) return;
    if (session) {
      outcome.session = *std::move(session);
    } else {
      outcome.error = session.error();
    }
    outcome.reports = std::move(listener.reports);
    outcome.notes = std::move(listener.notes);
  };
  {
    std::vector<std::jthread> threads;
    for (std::uint32_t r = 1; r < ranks; ++r) threads.emplace_back(one_rank, r);
    one_rank(0);
  }
  return outcome;
}

Scenario probe(const std::string& file, const std::vector<std::string>& sets = {}) {
  auto loaded = load_scenario(std::string(COHORT_SOURCE_DIR) + "/tests/probes/" + file, sets,
                              probes::catalogue());
  EXPECT_TRUE(loaded) << loaded.error().message;
  return std::move(loaded->cases.front());
}

std::string hash_of(const Outcome& o) { return hash_vec(o.session.x).hex(); }

using Action = FaultRule::Action;

class FaultTest : public testing::TestWithParam<const char*> {};

TEST_P(FaultTest, RanksDoNotChangeTheBits) {
  const Scenario scenario = probe(GetParam());
  const Outcome one = run(scenario, 1);
  ASSERT_FALSE(one.error) << one.error->message;

  for (const std::uint32_t ranks : {2U, 3U}) {
    const Outcome more = run(scenario, ranks);
    ASSERT_FALSE(more.error) << more.error->message;
    EXPECT_EQ(hash_of(more), hash_of(one)) << ranks << " ranks";
  }
}

TEST_P(FaultTest, RepeatedAndOvertakenMessagesDoNotChangeTheBits) {
  const Scenario scenario = probe(GetParam());
  const Outcome clean = run(scenario, 2);
  FaultPlan plan;
  // A reply that comes twice, an Ask that comes twice, and a reply that the next ones overtake.
  plan.rules.push_back({Action::duplicate, Rank(1), Rank(0), Tag::to_coordinator, 3, 8, 1});
  plan.rules.push_back({Action::duplicate, Rank(0), Rank(1), Tag::to_worker, 5, 8, 1});
  plan.rules.push_back({Action::hold, Rank(1), Rank(0), Tag::to_coordinator, 20, 3, 50});

  const Outcome faulty = run(scenario, 2, plan);

  ASSERT_FALSE(faulty.error) << faulty.error->message;
  EXPECT_EQ(hash_of(faulty), hash_of(clean));
}

TEST_P(FaultTest, LostMessagesAreAskedForAgainWithTheSameBits) {
  const Scenario scenario = probe(GetParam(), {"schedule.deadline=0.2"});
  const Outcome clean = run(scenario, 2);
  FaultPlan plan;
  // Lost on the way there, then on the way back: below quorum the Ask is repeated.
  plan.rules.push_back({Action::drop, Rank(0), Rank(1), Tag::to_worker, 4, 1, 1});
  plan.rules.push_back({Action::drop, Rank(1), Rank(0), Tag::to_coordinator, 9, 1, 1});

  const Outcome faulty = run(scenario, 2, plan);

  ASSERT_FALSE(faulty.error) << faulty.error->message;
  EXPECT_EQ(hash_of(faulty), hash_of(clean));
  EXPECT_GE(faulty.notes.size(), 1U);  // and a person is told
}

INSTANTIATE_TEST_SUITE_P(Probes, FaultTest,
                         testing::Values("newton.toml", "ef21.toml", "seed.toml"),
                         [](const auto& p) {
                           const std::string name = p.param;
                           return name.substr(0, name.find('.'));
                         });

// The round goes on without a rank whose reply is lost or late; the mirrored state of EF21 must not
// count what was not accepted.
TEST(Quorum, MirroredStateSurvivesRepliesThatDoNotCount) {
  const Scenario scenario = probe("ef21.toml", {"schedule.deadline=0.15", "schedule.quorum=0.1",
                                                "clients.cohort_size=17", "schedule.rounds=30"});
  FaultPlan plan;
  plan.rules.push_back({Action::drop, Rank(1), Rank(0), Tag::to_coordinator, 4, 1, 1});
  // Late: it arrives rounds after its Ask was closed.
  plan.rules.push_back({Action::delay, Rank(1), Rank(0), Tag::to_coordinator, 8, 1, 2});

  const Outcome faulty = run(scenario, 2, plan);

  ASSERT_FALSE(faulty.error) << faulty.error->message;
  std::uint64_t dropped = 0;
  for (const RoundReport& r : faulty.reports) dropped += r.dropped;
  EXPECT_GT(dropped, 0U);
  // If a reply counted once too often or too little, g and the g_i part for good, and the method
  // stops short of the optimum. It is as near as the clean run.
  const Outcome clean = run(scenario, 2);
  const double reached = faulty.reports.back().measured->at("train").at("objective");
  const double expected = clean.reports.back().measured->at("train").at("objective");
  constexpr double progress_lost = 0.02;  // two rounds of thirty, with room
  EXPECT_NEAR(reached, expected, progress_lost);
}

TEST(Quorum, ASilentRankEndsTheRunWithItsNameInBoundedTime) {
  const Scenario scenario = probe("ef21.toml", {"schedule.deadline=0.1"});
  FaultPlan plan;
  plan.rules.push_back({Action::drop, Rank(1), Rank(0), Tag::to_coordinator, 2, 1000, 1});

  const Outcome outcome = run(scenario, 2, plan);

  ASSERT_FALSE(outcome.error) << outcome.error->message;
  EXPECT_EQ(outcome.session.code, Code::peer_lost);
  EXPECT_NE(outcome.session.why.find("rank 1"), std::string::npos) << outcome.session.why;
}

// Every client replays, from the bytes it is charged for, to the model that its process knows.
TEST(SeedAndScalar, ChargesAStaleClientForWhatItMissed) {
  const Scenario scenario =
      probe("seed.toml", {"clients.cohort_size=1", "clients.count=3", "schedule.rounds=12"});
  const Outcome outcome = run(scenario, 1);
  ASSERT_FALSE(outcome.error) << outcome.error->message;

  std::uint64_t down = 0;
  std::map<std::uint64_t, std::uint64_t> last;
  std::uint64_t expected = 0;
  for (std::uint64_t r = 1; r <= 12; ++r) {
    const auto cohort = sample_without_replacement(
        Stream(scenario.seeds.run, Purpose::cohort_sampling, 0, r), 1, 3);
    // Seed and last number (8 + 16 bytes each), and 8 bytes for every number missed before.
    expected += 48 + 8 * (r - last[cohort[0]] - 1);
    last[cohort[0]] = r;
  }
  for (const RoundReport& r : outcome.reports) down += r.bytes_down;
  EXPECT_EQ(down, expected);
}

TEST(LabelFlip, IsTheRunOnAFileWhereTheLiarsLabelsAreFlipped) {
  const std::string folder = testing::TempDir() + "label_flip";
  std::filesystem::create_directories(folder);
  std::vector<int> labels;
  for (int i = 0; i < 60; ++i) labels.push_back(i * i % 7 % 3);
  const auto scenario = [&](const std::string& name, const std::string& byzantine) {
    std::ofstream data(folder + "/" + name + ".csv");
    data << "a,b,label\n";
    for (int i = 0; i < 60; ++i) {
      data << i % 11 << ',' << i % 5 + i / 20 << ',' << labels[static_cast<std::size_t>(i)] << '\n';
    }
    std::ofstream(folder + "/" + name + ".toml")
        << "name = \"flip\"\n[data]\ntrain = \"" << name << ".csv\"\nlabel = \"label\"\n"
        << "split = { train = 0.8, test = 0.2 }\n[model]\ntype = \"softmax\"\n"
        << "[clients]\ncount = 4\n"
        << byzantine << "[method]\ntype = \"fedavg\"\nbatch_size = 4\n[schedule]\nrounds = 5\n";
    data.close();
    auto loaded = load_scenario(folder + "/" + name + ".toml", {}, probes::catalogue());
    EXPECT_TRUE(loaded) << loaded.error().message;
    return std::move(loaded->cases.front());
  };
  const Scenario lies =
      scenario("true", "byzantine = { clients = [1], attack = \"label_flip\", from_round = 0 }\n");
  {
    const auto prepared = Prepared::make(lies, 0, 1);
    ASSERT_TRUE(prepared) << prepared.error().message;
    const DataStore& store = (*prepared)->data()->store;
    const std::uint64_t first = store.rows_of_client(ClientId(0));
    const auto rows = store.file_rows(RowSource::client);
    for (const auto row : rows.subspan(first, store.rows_of_client(ClientId(1)))) {
      labels[row] = 2 - labels[row];
    }
  }
  const Outcome flipped = run(scenario("flipped", ""), 1), attacked = run(lies, 2);
  ASSERT_FALSE(flipped.error || attacked.error);
  EXPECT_EQ(hash_of(attacked), hash_of(flipped));
  // The evaluation sees the true labels: those of the test rows are the same in both files.
  EXPECT_EQ(attacked.reports.back().measured->at("test"),
            flipped.reports.back().measured->at("test"));
}

TEST(Newton, ConvergesQuadraticallyOverRanks) {
  const Outcome outcome = run(
      probe("newton.toml", {"clients.cohort_size=12", "aggregation.rule=\"weighted_mean\""}), 2);
  ASSERT_FALSE(outcome.error) << outcome.error->message;
  constexpr double machine = 1e-12;  // gradient of a well conditioned problem at its optimum
  EXPECT_LT(outcome.reports.back().measured->at("").at("gradient_norm"), machine);
}

}  // namespace
}  // namespace cohort
