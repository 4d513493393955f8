#include "coordinator/asynchronous.hpp"

#include "coordinator/synchronous.hpp"
#include "tests/coordinator/simulated.hpp"

namespace cohort {
namespace {

const std::vector<std::uint64_t> eight_clients = {3, 1, 4, 1, 5, 9, 2, 6};  // rows

std::vector<IdRange> ranges(std::uint64_t ranks) {
  std::vector<IdRange> all;
  for (std::uint64_t r = 0; r < ranks; ++r) all.push_back({8 / ranks * r, 8 / ranks * (r + 1)});
  return all;
}

AsynchronousPlan plan_of(World& world) {
  auto plan = world.plan<AsynchronousPlan>();
  plan.buffer = 3;
  plan.concurrency = 6;
  plan.stop.rounds = 25;
  plan.system = second_a_row();
  plan.system->compute = {ClientQuantity::Type::lognormal, 1, 1, ClientQuantity::Per::round, {}};
  return plan;
}

void expect_equal(const std::vector<RoundReport>& a, const std::vector<RoundReport>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t r = 0; r < a.size(); ++r) {
    EXPECT_EQ(a[r].round, b[r].round);
    EXPECT_EQ(a[r].state_hash.hex(), b[r].state_hash.hex()) << "round " << r;
    EXPECT_EQ(a[r].sim_seconds, b[r].sim_seconds) << "round " << r;
    EXPECT_EQ(a[r].accepted, b[r].accepted);
    EXPECT_EQ(a[r].dropped, b[r].dropped) << "round " << r;
    EXPECT_EQ(a[r].bytes_up, b[r].bytes_up);
    EXPECT_EQ(a[r].bytes_down, b[r].bytes_down);
    EXPECT_EQ(a[r].counts, b[r].counts);
    EXPECT_EQ(a[r].staleness.has_value(), b[r].staleness.has_value());
    EXPECT_EQ(a[r].staleness ? a[r].staleness->mean : 0, b[r].staleness ? b[r].staleness->mean : 0);
  }
}

TEST(Asynchronous, EqualSpeedsAndAFullBufferAreTheSynchronousScheduleToTheBit) {
  for (const std::uint64_t cohort : {8U, 5U}) {
    World world(std::vector<std::uint64_t>(8, 1), ranges(2));
    auto plan = plan_of(world);
    plan.system = second_a_row();
    plan.buffer = plan.concurrency = cohort;
    Asynchronous asynchronous(plan, Vec::Zero(2));
    const auto buffered = world.run(asynchronous, 3);

    auto reference = world.plan<SynchronousPlan>();
    reference.stop.rounds = 25;
    reference.cohort_size = reference.quorum = cohort;
    reference.system = second_a_row();
    Synchronous synchronous(reference, Vec::Zero(2));
    const auto rounds = world.run(synchronous, 0);

    ASSERT_EQ(buffered.rounds.size(), rounds.rounds.size());
    for (std::size_t r = 0; r < rounds.rounds.size(); ++r) {
      EXPECT_EQ(buffered.rounds[r].state_hash.hex(), rounds.rounds[r].state_hash.hex());
      EXPECT_EQ(buffered.rounds[r].sim_seconds, rounds.rounds[r].sim_seconds);
    }
    EXPECT_EQ(asynchronous.x(), synchronous.x());
  }
}

TEST(Asynchronous, OrderOfRepliesAndRanksChangeNothing) {
  World first(eight_clients, ranges(1));
  Asynchronous schedule(plan_of(first), Vec::Zero(2));
  const auto expected = first.run(schedule, 0);
  ASSERT_EQ(expected.end->code, Code::done) << expected.end->why;
  EXPECT_GT(expected.rounds.back().staleness->max, 0U);
  for (const std::uint64_t ranks : {1U, 2U, 4U}) {
    for (const std::uint64_t order : {1U, 2U, 3U}) {
      World world(eight_clients, ranges(ranks));
      Asynchronous other(plan_of(world), Vec::Zero(2));
      expect_equal(world.run(other, order).rounds, expected.rounds);
    }
  }
}

TEST(Asynchronous, GoesOnFromTheMiddleOfABufferWithTheSameBits) {
  const auto everything = [](AsynchronousPlan plan) {
    plan.max_staleness = 3;
    plan.system->dropout = 0.1;
    plan.system->availability.type = Availability::Type::markov;
    plan.system->availability.up = 30;
    plan.system->availability.down = 10;
    return plan;
  };
  World world(eight_clients, ranges(2));
  Asynchronous whole(everything(plan_of(world)), Vec::Zero(2));
  const auto expected = world.run(whole, 0);
  ASSERT_EQ(expected.end->code, Code::done) << expected.end->why;
  bool was_in_a_buffer = false;
  for (std::uint64_t stop = 1; stop < 60; stop += 3) {
    Asynchronous interrupted(everything(plan_of(world)), Vec::Zero(2));
    auto begun = world.run(interrupted, 4, stop);
    ASSERT_EQ(begun.end->code, Code::resumable) << begun.end->why;
    ServerCheckpoint loaded = Asynchronous::blank(plan_of(world));
    Reader reader(begun.checkpoint);
    reader.take(loaded);
    ASSERT_TRUE(reader.finished());
    was_in_a_buffer |= !loaded.schedule.as<AsynchronousState>().buffer.empty();

    World later(eight_clients, ranges(4));
    Asynchronous resumed(everything(plan_of(later)), std::move(loaded));
    const auto rest = later.run(resumed, 5);
    begun.rounds.insert(begun.rounds.end(), rest.rounds.begin(), rest.rounds.end());
    expect_equal(begun.rounds, expected.rounds);
  }
  EXPECT_TRUE(was_in_a_buffer);
}

// Two clients of 1 and 2.5 seconds, a reply a step. Arrivals: client 0 at 1 and 2, client 1 at 2.5
// from x_0, which is two steps old.
TEST(Asynchronous, AStaleReplyCountsLess) {
  World world({2, 5}, {{0, 2}});
  auto plan = world.plan<AsynchronousPlan>();
  plan.buffer = 1;
  plan.concurrency = 2;
  plan.exponent = 1;
  plan.stop.rounds = 3;
  plan.system = second_a_row();
  plan.system->compute.median = 0.5;
  Asynchronous schedule(plan, Vec::Zero(2));

  const auto outcome = world.run(schedule, 0);

  const auto reply = [](double client, double x, double round) {
    return 0.5 * (client + 1 - x) + round / 64;
  };
  const double x1 = reply(0, 0, 1);
  const double x2 = x1 + reply(0, x1, 2);
  const double x3 = x2 + reply(1, 0, 1) * (1.0 / 3);
  EXPECT_EQ(outcome.rounds[1].sim_seconds, 1.0);
  EXPECT_EQ(outcome.rounds[2].sim_seconds, 2.0);
  EXPECT_EQ(outcome.rounds[3].sim_seconds, 2.5);
  EXPECT_EQ(outcome.rounds[3].staleness->max, 2U);
  EXPECT_NEAR(schedule.x()[0], x3, 1e-15);
}

TEST(Asynchronous, ATooStaleReplyIsDropped) {
  World world({2, 5}, {{0, 2}});
  auto plan = world.plan<AsynchronousPlan>();
  plan.buffer = 1;
  plan.concurrency = 2;
  plan.max_staleness = 1;
  plan.stop.rounds = 3;
  plan.system = second_a_row();
  plan.system->compute.median = 0.5;
  Asynchronous schedule(plan, Vec::Zero(2));

  const auto outcome = world.run(schedule, 0);

  EXPECT_EQ(outcome.rounds[3].sim_seconds, 3.0);  // client 0 again
  EXPECT_EQ(outcome.rounds[3].dropped, 1U);
  EXPECT_EQ(outcome.rounds[3].staleness->max, 0U);
  EXPECT_EQ(outcome.rounds[3].bytes_up, 64U);  // it came, and did not count
}

TEST(Asynchronous, AtOneInstantRepliesArriveBeforeClientsStart) {
  World world(std::vector<std::uint64_t>(8, 1), ranges(1));
  auto plan = plan_of(world);
  plan.system = second_a_row();
  plan.buffer = 2;
  plan.concurrency = 4;
  plan.stop.rounds = 3;
  Asynchronous schedule(plan, Vec::Zero(2));

  const auto outcome = world.run(schedule, 0);

  EXPECT_EQ(outcome.rounds[1].sim_seconds, 1.0);
  EXPECT_EQ(outcome.rounds[2].sim_seconds, 1.0);
  EXPECT_EQ(outcome.rounds[2].staleness->max, 1U);
  EXPECT_EQ(outcome.rounds[3].sim_seconds, 2.0);  // of those that started after both steps
  EXPECT_EQ(outcome.rounds[3].staleness->max, 0U);
}

TEST(Asynchronous, WaitsForWhoComesLater) {
  World world({1, 1}, {{0, 2}});
  auto plan = world.plan<AsynchronousPlan>();
  plan.buffer = 1;
  plan.concurrency = 2;
  plan.stop.rounds = 3;
  plan.system = second_a_row();
  plan.system->availability.type = Availability::Type::trace;
  plan.system->availability.intervals = {{{5, 7}}, {{5.5, 6}, {20, 30}}};
  Asynchronous schedule(plan, Vec::Zero(2));

  const auto outcome = world.run(schedule, 0);

  // Client 0 at 6; client 1 leaves before it replies; client 0 at 7, and leaves; client 1 at 21.
  EXPECT_EQ(outcome.rounds[1].sim_seconds, 6.0);
  EXPECT_EQ(outcome.rounds[2].sim_seconds, 7.0);
  EXPECT_EQ(outcome.rounds[2].dropped, 1U);
  EXPECT_EQ(outcome.rounds[3].sim_seconds, 21.0);
}

}  // namespace
}  // namespace cohort
