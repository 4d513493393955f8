// The synchronous schedule in simulated time.

#include "coordinator/synchronous.hpp"
#include "tests/coordinator/simulated.hpp"

namespace cohort {
namespace {

class SimulatedRounds : public testing::Test {
 protected:
  SimulatedRounds() : world_({1, 2, 3, 4}, {{0, 2}, {2, 4}}) {
    plan_ = world_.plan<SynchronousPlan>();
    plan_.stop.rounds = 2;
    plan_.quorum = 4;
    plan_.system = second_a_row();
  }
  World::Outcome run(std::uint64_t order = 0) {
    Synchronous s(plan_, Vec::Zero(2));
    auto outcome = world_.run(s, order);
    x_ = s.x()[0];
    return outcome;
  }
  World world_;
  SynchronousPlan plan_;
  double x_ = 0;
};

// Of client c (c + 1) rows, in round 1 from x = 0.
double reply(double client) { return 0.5 * (client + 1) + 1.0 / 64; }

TEST_F(SimulatedRounds, ARoundLastsUntilTheSlowestReply) {
  plan_.system->latency.median = 0.25;

  const auto outcome = run();

  ASSERT_EQ(outcome.rounds.size(), 3U);
  EXPECT_EQ(outcome.rounds[0].sim_seconds, 0.0);
  EXPECT_EQ(outcome.rounds[1].sim_seconds, 4.5);
  EXPECT_EQ(outcome.rounds[2].sim_seconds, 9.0);
}

TEST_F(SimulatedRounds, BytesTakeTimeByTheirBandwidths) {
  plan_.system->compute.median = 0;
  plan_.system->downlink.emplace().median = 8;  // bytes a second, 32 bytes
  plan_.system->uplink.emplace().median = 16;

  EXPECT_EQ(run().rounds[1].sim_seconds, 4.0 + 2.0);
}

TEST_F(SimulatedRounds, TimeThatLosesNobodyChangesNoBits) {
  const auto timed = run();
  plan_.system.reset();
  const auto untimed = run();

  EXPECT_EQ(timed.rounds[2].state_hash.hex(), untimed.rounds[2].state_hash.hex());
}

TEST_F(SimulatedRounds, WhoIsLateAtTheDeadlineNeverCounts) {
  plan_.stop.rounds = 1;
  plan_.deadline = Seconds(2.5);
  plan_.quorum = 2;

  const auto outcome = run();

  EXPECT_EQ(x_, (reply(0) + reply(1)) / 2);
  EXPECT_EQ(outcome.rounds[1].accepted, 2U);
  EXPECT_EQ(outcome.rounds[1].dropped, 2U);
  EXPECT_EQ(outcome.rounds[1].bytes_up, 64U);
  EXPECT_EQ(outcome.rounds[1].sim_seconds, 2.5);
}

TEST_F(SimulatedRounds, BelowQuorumTheRoundWaitsForAnotherDeadline) {
  plan_.stop.rounds = 1;
  plan_.deadline = Seconds(1.5);
  plan_.quorum = 3;

  const auto outcome = run();

  EXPECT_EQ(outcome.rounds[1].accepted, 3U);
  EXPECT_EQ(outcome.rounds[1].sim_seconds, 3.0);
}

TEST_F(SimulatedRounds, OverSelectionTakesTheFirst) {
  plan_.stop.rounds = 1;
  plan_.cohort_size = 2;
  plan_.over_selection = 1;

  const auto outcome = run();

  EXPECT_EQ(outcome.rounds[1].cohort, 4U);
  EXPECT_EQ(outcome.rounds[1].accepted, 2U);
  EXPECT_EQ(x_, (reply(0) + reply(1)) / 2);
  EXPECT_EQ(outcome.rounds[1].sim_seconds, 2.0);
}

TEST_F(SimulatedRounds, WhoHasDroppedOutIsNotWaitedFor) {
  plan_.system->dropout = 0.5;
  plan_.stop.rounds = 40;

  const auto outcome = run();

  ASSERT_EQ(outcome.end->code, Code::done) << outcome.end->why;
  std::uint64_t dropped = 0;
  double before = 0;
  for (const RoundReport& r : outcome.rounds) {
    if (r.round == 0) continue;
    dropped += r.dropped;
    EXPECT_GT(r.accepted, 0U);
    EXPECT_GT(*r.sim_seconds, before);
    before = *r.sim_seconds;
  }
  // 160 coins: mean 80, deviation 6.3; a round that all have left is asked again.
  EXPECT_NEAR(static_cast<double>(dropped), 80, 5 * 6.3);
}

TEST_F(SimulatedRounds, OrderOfRepliesAndRanksChangeNothing) {
  plan_.system->compute = {ClientQuantity::Type::lognormal, 1, 1, ClientQuantity::Per::round, {}};
  plan_.system->dropout = 0.2;
  plan_.deadline = Seconds(2);
  plan_.quorum = 2;
  plan_.stop.rounds = 20;
  const auto first = run(0);
  for (const std::uint64_t order : {1U, 2U}) {
    World one({1, 2, 3, 4}, {{0, 4}});
    for (World* world : {&world_, &one}) {
      SynchronousPlan plan = plan_;
      plan.ranks = world == &one ? std::vector<IdRange>{{0, 4}} : plan_.ranks;
      Synchronous s(plan, Vec::Zero(2));
      const auto other = world->run(s, order);
      ASSERT_EQ(other.rounds.size(), first.rounds.size());
      for (std::size_t r = 0; r < first.rounds.size(); ++r) {
        EXPECT_EQ(other.rounds[r].state_hash.hex(), first.rounds[r].state_hash.hex());
        EXPECT_EQ(other.rounds[r].sim_seconds, first.rounds[r].sim_seconds);
        EXPECT_EQ(other.rounds[r].dropped, first.rounds[r].dropped);
      }
    }
  }
}

TEST_F(SimulatedRounds, OnlyWhoIsThereIsAskedAndTheServerWaitsForSomebody) {
  Availability& a = plan_.system->availability;
  a.type = Availability::Type::trace;
  a.intervals = {{{10, 20}}, {{10, 12.5}}, {{30, 31}}, {}};
  plan_.stop.rounds = 2;

  const auto outcome = run();

  // Round 1 begins at 10 with clients 0 and 1; round 2 at 12 with both, and client 1 leaves.
  EXPECT_EQ(outcome.rounds[1].cohort, 2U);
  EXPECT_EQ(outcome.rounds[1].sim_seconds, 12.0);
  EXPECT_EQ(outcome.rounds[2].accepted, 1U);
  EXPECT_EQ(outcome.rounds[2].dropped, 1U);
  EXPECT_EQ(outcome.rounds[2].sim_seconds, 13.0);
}

TEST_F(SimulatedRounds, EndsWhenNobodyWillEverBeThere) {
  plan_.system->availability.type = Availability::Type::trace;
  plan_.system->availability.intervals = {{{0, 3}}, {}, {}, {}};
  plan_.stop.rounds = 100;

  const auto outcome = run();

  EXPECT_EQ(outcome.end->code, Code::bad_input);
  EXPECT_NE(outcome.end->why.find("round 4: no client is there after 3"), std::string::npos)
      << outcome.end->why;
}

TEST_F(SimulatedRounds, StopsWhenSimulatedTimeIsUsedUp) {
  plan_.stop.rounds = 100;
  plan_.stop.sim_seconds = 10;

  const auto outcome = run();

  EXPECT_EQ(outcome.rounds.back().round, 3U);
  EXPECT_EQ(outcome.end->why, "sim_seconds = 12 reached 10");
}

TEST_F(SimulatedRounds, AJournalReplaysWhoWasLate) {
  plan_.system.reset();
  plan_.stop.rounds = 1;
  plan_.journal = Journal{{AskId{1, 0}, {ClientId(1), ClientId(2)}}};

  const auto outcome = run();

  EXPECT_EQ(x_, (reply(0) + reply(3)) / 2);
  EXPECT_EQ(outcome.rounds[1].cohort, 4U);
  EXPECT_EQ(outcome.rounds[1].dropped, 2U);
  EXPECT_EQ(outcome.rounds[1].bytes_down, 4U * 32U);
  EXPECT_EQ(outcome.rounds[1].bytes_up, 64U);
}

}  // namespace
}  // namespace cohort
