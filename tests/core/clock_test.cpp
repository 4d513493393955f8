#include "core/clock.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <thread>

#include "core/archive.hpp"

namespace cohort {
namespace {

TEST(RealClock, DoesNotGoBack) {
  const RealClock clock;
  const Seconds first = clock.now();
  std::this_thread::sleep_for(std::chrono::milliseconds(2));
  const Seconds second = clock.now();
  EXPECT_GE(first.count(), 0);
  EXPECT_GE((second - first).count(), 0.002);
}

TEST(SimulatedClock, EventsComeByTimeThenClientThenSequence) {
  SimulatedClock clock;
  const auto schedule = [&](double time, std::uint64_t client) {
    return clock.schedule_at(Seconds(time), ClientId(client));
  };
  schedule(2, 0);
  schedule(1, 5);
  schedule(1, 3);
  const auto first_of_3 = schedule(0.5, 3);
  const auto second_of_3 = schedule(0.5, 3);
  EXPECT_LT(first_of_3, second_of_3);

  std::vector<std::pair<double, std::uint64_t>> seen;
  std::vector<std::uint64_t> sequences;
  while (const auto event = clock.pop()) {
    seen.emplace_back(event->time, event->client.value);
    sequences.push_back(event->sequence);
    EXPECT_EQ(clock.now().count(), event->time);
  }
  const std::vector<std::pair<double, std::uint64_t>> expected{
      {0.5, 3}, {0.5, 3}, {1, 3}, {1, 5}, {2, 0}};
  EXPECT_EQ(seen, expected);
  EXPECT_EQ(sequences[0], first_of_3);
  EXPECT_EQ(sequences[1], second_of_3);
}

TEST(SimulatedClock, OrderDoesNotDependOnTheOrderOfScheduling) {
  // 7 generates the residues modulo 101: every client once, in a scrambled order and in its own.
  const auto order = [](bool scrambled) {
    SimulatedClock clock;
    for (std::uint64_t i = 1, r = 7; i <= 100; ++i, r = r * 7 % 101) {
      const std::uint64_t client = scrambled ? r : i;
      clock.schedule_at(Seconds(static_cast<double>(client % 10)), ClientId(client));
    }
    std::vector<std::uint64_t> clients;
    while (const auto event = clock.pop()) clients.push_back(event->client.value);
    return clients;
  };
  EXPECT_EQ(order(true), order(false));
}

TEST(SimulatedClock, AdvancesUpToTheNextEventOnly) {
  SimulatedClock clock;
  clock.schedule_at(Seconds(2), ClientId(1));
  clock.advance(Seconds(1.5));
  EXPECT_EQ(clock.now().count(), 1.5);
  EXPECT_EQ(clock.next()->client, ClientId(1));
  EXPECT_DEATH(clock.advance(Seconds(2.5)), "does not pass over an event");
  EXPECT_DEATH(clock.advance(Seconds(1)), "does not go back");
  EXPECT_DEATH(clock.schedule_at(Seconds(1), ClientId(0)), "has not passed");
  EXPECT_DEATH(clock.schedule_at(Seconds(std::numeric_limits<double>::quiet_NaN()), ClientId(0)),
               "has not passed");
}

TEST(SimulatedClock, LoadedGoesOnAsTheSavedOne) {
  SimulatedClock clock;
  for (std::uint64_t c = 0; c < 20; ++c) {
    clock.schedule_at(Seconds(static_cast<double>(c * 13 % 20)), ClientId(c));
  }
  for (int i = 0; i < 5; ++i) clock.pop();
  auto loaded = from_bytes<SimulatedClock>(to_bytes(clock));
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(*loaded, clock);
  EXPECT_EQ(loaded->schedule_at(Seconds(30), ClientId(0)),
            clock.schedule_at(Seconds(30), ClientId(0)));
  while (const auto event = clock.pop()) EXPECT_EQ(loaded->pop(), event);
  EXPECT_FALSE(loaded->pop());
}

TEST(Deadline, PassesAfterItsLimit) {
  const Deadline deadline = Deadline::after(Seconds(0.02));
  EXPECT_FALSE(deadline.passed());
  EXPECT_EQ(deadline.limit().count(), 0.02);
  std::this_thread::sleep_for(std::chrono::milliseconds(25));
  EXPECT_TRUE(deadline.passed());
  EXPECT_GE(deadline.waited().count(), 0.02);
  EXPECT_TRUE(Deadline::after(Seconds(0)).passed());
}

}  // namespace
}  // namespace cohort
