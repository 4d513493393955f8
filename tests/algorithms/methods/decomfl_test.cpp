#include "algorithms/methods/decomfl.hpp"

#include "tests/algorithms/methods/seeded_problems.hpp"

namespace cohort {
namespace {

using drive::table;

constexpr double difference_error = 1e-10;  // as of baffle_test.cpp

ConfigNode method(int local_steps, int directions) {
  return table({{"type", "decomfl"},
                {"local_steps", local_steps},
                {"directions", directions},
                {"learning_rate", 0.02}});
}

TEST(DeComFl, OneLocalStepFollowsTheSlopesOfTheMeanFunction) {
  const std::vector<double> weights{0.2, 0.5, 0.3};
  const drive::Quadratics f(drive::different_clients(3, 4, 7));
  drive::Run run(method(1, 6), f, weights, 5);
  const Ask ask = run.next_ask();
  const std::uint64_t seed = ask.common.at("seed").data.as<std::uint64_t>()[0];
  const Vec slope = seeded_problems::mean_gradient(f, weights, run.x);
  Vec expected = run.x;
  Vec z(4);
  for (std::uint64_t k = 0; k < 6; ++k) {
    seeded_scalars::direction(seed, k).fill(as_mutable_span(z));
    expected -= 0.02 / 6 * slope.dot(z) * z;
  }
  run.round();
  EXPECT_LT((run.x - expected).norm(), difference_error);
}

// A client that left with the model of round 2 hears only the numbers of the rounds that it missed.
TEST(DeComFl, AStaleClientCatchesUpToTheBit) {
  const drive::Quadratics f(drive::different_clients(4, 37, 7));
  drive::Run run(method(3, 2), f, drive::equal_weights(4));
  const DeComFl client{{}, {.local_steps = 3, .directions = 2, .learning_rate = 0.02}};
  run.rounds(2);
  Vec stale = run.x;
  std::vector<DeComFl::Pending> seeds;
  std::vector<std::vector<double>> numbers;
  for (std::uint64_t round = 3; round <= 8; ++round) {
    const Ask ask = run.next_ask();
    if (round > 3) {
      const auto last = ask.common.at("last").doubles();
      numbers.emplace_back(last.begin(), last.end());
    }
    seeds.push_back({ask.common.at("seed").data.as<std::uint64_t>()[0], round});
    run.round({0, 1 + round % 3});
  }
  const Ask after = run.next_ask();
  const auto newest = after.common.at("last").doubles();
  numbers.emplace_back(newest.begin(), newest.end());
  for (std::size_t t = 0; t < numbers.size(); ++t) client.replay(stale, seeds[t], numbers[t]);
  EXPECT_EQ(stale, run.x);
}

TEST(DeComFl, WhatAClientHasMissedIsCharged) {
  const seeded_problems::Bowls f(1000);
  drive::Run run(method(2, 3), f, {0.5, 0.5});
  const DeComFl m{{}, {.local_steps = 2, .directions = 3}};
  Ask ask = run.next_ask();
  EXPECT_EQ(m.bytes_down(ask, std::nullopt), (16U + 8000) + (16 + 8));  // model and seed
  run.rounds(4);
  ask = run.next_ask();
  // Numbers, d and seed.
  EXPECT_EQ(m.bytes_down(ask, AskId{4, 0}), ask.common.encoded_size());
  EXPECT_EQ(m.bytes_down(ask, AskId{1, 0}), ask.common.encoded_size() + 3 * (6 + 1) * 8);
  EXPECT_EQ(m.bytes_down(ask, std::nullopt), (16U + 8000) + (16 + 8) + (16 + 8));
}

TEST(DeComFl, SendsAThousandTimesLessThanFedAvg) {
  constexpr std::size_t d = 100000;
  const std::uint64_t few = seeded_problems::bytes_up(method(2, 5), d);
  EXPECT_EQ(few, seeded_problems::bytes_up(method(2, 5), 10));
  EXPECT_GT(seeded_problems::bytes_up(table({{"type", "fedavg"}}), d), 1000 * few);
}

TEST(DeComFl, AsksTwoValuesADirection) {
  const drive::Quadratics f(drive::different_clients(3, 4, 7));
  drive::Run run(method(2, 3), f, drive::equal_weights(3));
  run.round();
  EXPECT_EQ(run.counts().calls[static_cast<std::size_t>(Query::value)], 3U * 2 * 3 * 2);
}

}  // namespace
}  // namespace cohort
