#include "coordinator/system.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace cohort {
namespace {

SystemModel model() {
  SystemModel m;
  m.seed = 11;
  return m;
}

TEST(SystemModel, AddsLatencyBytesAndWork) {
  SystemModel m = model();
  m.compute.median = 0.002;
  m.latency.median = 0.05;
  m.downlink.emplace().median = 1000;
  m.uplink.emplace().median = 500;

  EXPECT_DOUBLE_EQ(m.seconds(ClientId(3), {1, 0}, 200, 400, 100), 0.1 + 0.2 + 0.2 + 0.8);
  m.is_per_sample = false;
  EXPECT_DOUBLE_EQ(m.seconds(ClientId(3), {1, 0}, 200, 400, 100), 0.1 + 0.2 + 0.002 + 0.8);
}

TEST(SystemModel, LogNormalSpeedsHaveTheirMedianAndSigma) {
  SystemModel m = model();
  m.is_per_sample = false;
  m.compute = {ClientQuantity::Type::lognormal, 2, 0.5, ClientQuantity::Per::client, {}};
  constexpr std::uint64_t n = 4001;
  std::vector<double> logs;
  double sum = 0, squares = 0;
  for (std::uint64_t c = 0; c < n; ++c) {
    const double t = m.seconds(ClientId(c), {1, 0}, 0, 0, 0);
    EXPECT_EQ(m.seconds(ClientId(c), {9, 0}, 0, 0, 0), t);  // a client stays as fast as it is
    logs.push_back(std::log(t));
    sum += logs.back();
    squares += logs.back() * logs.back();
  }
  std::nth_element(logs.begin(), logs.begin() + n / 2, logs.end());
  // Five standard errors: 1.25 σ/√n of a median, σ/√(2n) of a deviation.
  EXPECT_NEAR(logs[n / 2], std::log(2.0), 5 * 1.25 * 0.5 / std::sqrt(n));
  const double mean = sum / n;
  EXPECT_NEAR(std::sqrt(squares / n - mean * mean), 0.5, 5 * 0.5 / std::sqrt(2 * n));
  m.compute.per = ClientQuantity::Per::round;
  EXPECT_NE(m.seconds(ClientId(0), {1, 0}, 0, 0, 0), m.seconds(ClientId(0), {2, 0}, 0, 0, 0));
}

TEST(SystemModel, DropsItsShareOfReplies) {
  SystemModel m = model();
  m.dropout = 0.3;
  int dropped = 0;
  for (std::uint64_t c = 0; c < 10000; ++c) dropped += m.drops(ClientId(c), {1, 0}, 0);
  EXPECT_NEAR(dropped, 3000, 5 * std::sqrt(10000 * 0.21));
}

TEST(Presence, AMarkovClientIsThereItsShareOfTheTimeInStretchesOfTheirMeans) {
  SystemModel m = model();
  m.availability.type = Availability::Type::markov;
  m.availability.up = 30;
  m.availability.down = 10;
  Presence presence(m);
  int there = 0;
  constexpr int clients = 4000;
  double stretches = 0;
  for (std::uint64_t c = 0; c < clients; ++c) {
    const ClientId client(c);
    there += presence.is_there(client, 0, Round(1));
    // From the next time that it comes to when it leaves: a whole stretch.
    double t = presence.until(client, 0);
    t = presence.from(client, t);
    stretches += presence.until(client, t) - t;
    EXPECT_TRUE(presence.is_there(client, t, Round(1)));
    EXPECT_FALSE(presence.is_there(client, presence.until(client, t), Round(1)));
  }
  EXPECT_NEAR(there, 0.75 * clients, 5 * std::sqrt(clients * 0.75 * 0.25));
  EXPECT_NEAR(stretches / clients, 30, 5 * 30 / std::sqrt(clients));
}

TEST(Presence, AnswersDoNotDependOnWhatWasAskedBefore) {
  SystemModel m = model();
  m.availability.type = Availability::Type::markov;
  m.availability.up = 3;
  m.availability.down = 2;
  Presence forward(m), backward(m);
  std::vector<double> a, b;
  for (int t = 0; t < 200; ++t) a.push_back(forward.until(ClientId(1), t));
  for (int t = 199; t >= 0; --t) b.push_back(backward.until(ClientId(1), t));
  std::reverse(b.begin(), b.end());
  EXPECT_EQ(a, b);
}

TEST(Presence, ListedIntervalsRepeatWithTheirPeriod) {
  SystemModel m = model();
  m.availability.type = Availability::Type::trace;
  m.availability.period = 24;
  m.availability.intervals = {{{0, 2}, {20, 24}}, {{8, 10}}, {{0, 24}}, {}};
  Presence p(m);
  EXPECT_EQ(p.until(ClientId(0), 21), 26.0);  // over midnight
  EXPECT_EQ(p.from(ClientId(0), 3), 20.0);
  EXPECT_EQ(p.from(ClientId(1), 10), 32.0);
  EXPECT_EQ(p.until(ClientId(1), 32.5), 34.0);
  EXPECT_EQ(p.until(ClientId(1), 7), 7.0);
  EXPECT_EQ(p.until(ClientId(2), 5), Presence::never);
  EXPECT_EQ(p.from(ClientId(3), 5), Presence::never);
}

}  // namespace
}  // namespace cohort
