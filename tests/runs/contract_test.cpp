// The contract of every registered method: replies that are dropped, late, repeated, out of order
// or computed again never break what server and clients hold together.

#include <gtest/gtest.h>

#include <deque>

#include "comm/codec.hpp"
#include "coordinator/synchronous.hpp"
#include "core/random.hpp"
#include "scenarios/loader.hpp"
#include "scenarios/session.hpp"
#include "tests/probes/catalogue.hpp"
#include "worker/worker.hpp"

namespace cohort {
namespace {

constexpr std::uint32_t ranks = 3;
/// Sums of some dozen terms of both halves, taken in another order.
constexpr double rounding = 1e-12;

// A schedule and three workers whose messages pass through hands that drop, repeat and delay them;
// in simulated time nothing is dropped on the way, since clients of the schedule itself are.
class Scrambled {
 public:
  Scrambled(const Scenario& scenario, std::uint64_t seed)
      : chance_(seed, Purpose::test),
        loses_(!scenario.system),
        has_replica_(!scenario.method->replica({}).empty()),
        pool_(1) {
    for (std::uint32_t r = 0; r < ranks; ++r) {
      auto prepared = Prepared::make(scenario, r, ranks);
      EXPECT_TRUE(prepared) << prepared.error().message;
      prepared_.push_back(*std::move(prepared));
      workers_.push_back(
          std::make_unique<Worker>(prepared_.back()->worker_setup(r, ranks), pool_, nullptr));
    }
    SynchronousPlan plan = prepared_[0]->plan(ranks, workers_[0]->clients_remember());
    plan.evaluation.enabled = false;
    if (loses_) {
      plan.deadline = Seconds(1);
      plan.quorum = 1;
    }
    plan.checkpoint.every.reset();
    schedule_ = std::make_unique<Synchronous>(std::move(plan), prepared_[0]->function().start());
  }

  void run() {
    take(schedule_->start(now_));
    for (int guard = 0; guard < 100000 && !finished_; ++guard) {
      if (to_worker_.empty() && to_schedule_.empty()) {
        // Silence: time goes on to the deadline.
        now_ += Seconds(1);
        take(schedule_->on_time(now_));
        continue;
      }
      step();
    }
    ASSERT_TRUE(finished_) << "the run did not end";
    EXPECT_EQ(finished_->code, Code::resumable) << finished_->why;
  }
  void stop_soon() { schedule_->request_stop("enough"); }

  double invariant_gap(const Method& method) const {
    std::vector<MirrorView> clients;
    for (std::uint32_t r = 0; r < ranks; ++r) {
      const IdRange held = rank_range(prepared_[0]->scenario().clients.count, r, ranks);
      for (std::uint64_t c = held.first; c < held.last; ++c) {
        clients.push_back({prepared_[r]->client_weight(ClientId(c)),
                           &workers_[r]->clients().committed(ClientId(c)).method});
      }
    }
    return method.invariant_gap(schedule_->state().method, clients);
  }
  std::uint64_t dropped() const { return dropped_; }
  std::uint64_t rounds() const { return schedule_->state().round; }

 private:
  struct Message {
    std::uint32_t rank;
    Frame frame;
  };

  bool happens(double probability) { return chance_.uniform() < probability; }

  // One message moves: lost, put back behind the others, left for a second time, or delivered.
  void step() {
    const bool down = to_schedule_.empty() || (!to_worker_.empty() && happens(0.5));
    auto& queue = down ? to_worker_ : to_schedule_;
    Message m = std::move(queue.front());
    queue.pop_front();
    // What is asked of a save must arrive, or the end of the run would never come, and a process
    // with a replica sees every Ask.
    const auto type = message_type(m.frame, "test");
    const bool is_save = *type == SaveMessage::type || *type == SavedMessage::type;
    if (!is_save && !(down && has_replica_)) {
      if (loses_ && happens(0.1)) {
        ++lost_;
        return;
      }
      if (happens(0.2)) {
        queue.push_back(std::move(m));
        return;
      }
      if (happens(0.2)) queue.push_back(m);
    }
    if (down) {
      auto answer = workers_[m.rank]->handle(m.frame);
      ASSERT_TRUE(answer) << answer.error().message;
      if (*answer) to_schedule_.push_back({m.rank, *std::move(*answer)});
      return;
    }
    if (*type == ReplyMessage::type) {
      auto reply = decode<ReplyMessage>(m.frame, "test");
      ASSERT_TRUE(reply);
      take(schedule_->on_reply(Rank(m.rank), *std::move(reply), now_));
    } else if (*type == CollectedMessage::type) {
      auto collected = decode<CollectedMessage>(m.frame, "test");
      ASSERT_TRUE(collected);
      take(schedule_->on_collected(Rank(m.rank), *std::move(collected), now_));
    } else {
      auto saved = decode<SavedMessage>(m.frame, "test");
      ASSERT_TRUE(saved);
      take(schedule_->on_saved(Rank(m.rank), *saved, now_));
    }
  }

  void take(std::vector<Action> actions) {
    for (Action& action : actions) {
      if (auto* ask = std::get_if<SendAsk>(&action)) {
        to_worker_.push_back({ask->to.value, encode(ask->message)});
      } else if (auto* collect = std::get_if<SendCollect>(&action)) {
        to_worker_.push_back({collect->to.value, encode(collect->message)});
      } else if (auto* save = std::get_if<SendSave>(&action)) {
        save->message.directory = testing::TempDir();
        to_worker_.push_back({save->to.value, encode(save->message)});
      } else if (auto* round = std::get_if<WriteRound>(&action)) {
        dropped_ += round->report.dropped;
        if (round->report.round == 24) stop_soon();
      } else if (auto* finish = std::get_if<Finish>(&action)) {
        finished_ = *finish;
      }
      // A run of these workers has no rule and no evaluation; time moves when nothing else does.
    }
  }

  Stream chance_;
  bool loses_, has_replica_;
  ThreadPool pool_;
  std::vector<std::unique_ptr<Prepared>> prepared_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::unique_ptr<Synchronous> schedule_;
  std::deque<Message> to_worker_, to_schedule_;
  std::optional<Finish> finished_;
  Seconds now_{0};
  std::uint64_t dropped_ = 0;
  std::uint64_t lost_ = 0;
};

class MethodContract : public testing::TestWithParam<std::string> {};

// `more` sections.
Result<LoadedScenario> contract(const std::string& method, const std::string& more) {
  const std::string rows = R"([data]
name = "breast_cancer"
standardize = "global"
split = { train = 1.0 }
[model]
type = "logistic"
l2 = 1e-2
)";
  Mistakes mistakes;
  const auto made =
      probes::catalogue().methods->make(config_value(method), "method", mistakes).object;
  const bool is_bilevel = made->needs().oracle.has(Query::lower);
  const std::string text = "name = \"contract\"\n" +
                           (is_bilevel ? "[problem]\ntype = \"bilevel_quadratic\"\n" : rows) +
                           R"([clients]
count = 23
cohort_size = 11
[method]
type = ")" + method + R"("
[evaluation]
metrics = []
)" + more;
  return load_scenario_text(text, std::string(COHORT_SOURCE_DIR) + "/contract", {},
                            probes::catalogue());
}

TEST_P(MethodContract, LostLateAndRepeatedRepliesBreakNoInvariant) {
  const auto loaded = contract(GetParam(), "[schedule]\nrounds = 1000\n");
  ASSERT_TRUE(loaded) << loaded.error().message;
  const Scenario& scenario = loaded->cases.front();

  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    Scrambled run(scenario, seed);
    run.run();
    EXPECT_GT(run.dropped(), 0U) << "nothing was lost, so nothing was tested";
    EXPECT_LE(run.invariant_gap(*scenario.method), rounding) << "seed " << seed;
  }
}

TEST_P(MethodContract, RepliesThatAreLateOrLostInSimulatedTimeBreakNoInvariant) {
  const auto loaded = contract(GetParam(), R"([schedule]
rounds = 1000
deadline = 2.0
quorum = 0.3
over_selection = 0.2
[system]
compute = { type = "lognormal", median = "1 s", sigma = 1.0, per = "round" }
availability = { up = "20 s", down = "5 s" }
dropout = 0.1
)");
  ASSERT_TRUE(loaded) << loaded.error().message;
  const Scenario& scenario = loaded->cases.front();

  Scrambled run(scenario, 1);
  run.run();
  EXPECT_GT(run.dropped(), 0U) << "nothing was lost, so nothing was tested";
  EXPECT_LE(run.invariant_gap(*scenario.method), rounding);
}

std::vector<std::string> every_method() { return probes::catalogue().methods->names(); }

INSTANTIATE_TEST_SUITE_P(Registered, MethodContract, testing::ValuesIn(every_method()),
                         [](const auto& p) { return p.param; });

}  // namespace
}  // namespace cohort
