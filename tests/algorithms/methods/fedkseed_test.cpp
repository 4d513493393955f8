#include "algorithms/methods/fedkseed.hpp"

#include "tests/algorithms/methods/seeded_problems.hpp"

namespace cohort {
namespace {

using drive::table;

constexpr double rate = 0.01;

ConfigNode method(const char* choice = "uniform") {
  return table({{"type", "fedkseed"},
                {"pool", 16},
                {"local_steps", 5},
                {"learning_rate", rate},
                {"choice", choice}});
}
FedKSeed like() { return {{}, {.pool = 16, .local_steps = 5, .learning_rate = rate}}; }

// A hundred steps of multiples of 16 directions, added in two orders.
constexpr double replay_error = 1e-12;

TEST(FedKSeed, TheModelIsWhatTheNumbersOfThePoolSay) {
  const drive::Quadratics f(drive::different_clients(4, 37, 7));
  for (const char* choice : {"uniform", "size"}) {
    drive::Run run(method(choice), f, drive::equal_weights(4));
    const Vec start = run.x;
    for (std::uint64_t round = 0; round < 20; ++round) run.round({round % 3, 3});
    const auto& a = run.server_state().as<FedKSeed::ServerState>().a;
    Vec replayed = start;
    like().move(replayed, Vec::Zero(16), a);
    EXPECT_LT((replayed - run.x).norm(), replay_error * run.x.norm()) << choice;
    EXPECT_GT((run.x - start).norm(), 0.1) << choice;
  }
}

TEST(FedKSeed, TheModelIsTheMeanOfTheClients) {
  const std::vector<double> weights{0.2, 0.5, 0.3};
  const drive::Quadratics f(drive::different_clients(3, 37, 7));
  drive::Run run(method(), f, weights);
  run.rounds(3);
  const Ask ask = run.next_ask();
  Vec mean = Vec::Zero(37);
  // What clients answer depends on the model that their process has: that of the Ask, once seen.
  drive::Run seen(method(), f, weights);
  seen.rounds(3);
  seen.round();
  for (std::uint64_t i = 0; i < 3; ++i) {
    Vec y = run.x;
    like().move(y, Vec::Zero(16), seen.answer(ask, i).payload().at("steps").to_vec());
    mean += weights[i] * y;
  }
  EXPECT_LT((mean - seen.x).norm(), replay_error * mean.norm());
}

TEST(FedKSeed, SizesShiftTheChoiceOfSeeds) {
  FedKSeed m = like();
  m.options.choice = SeedChoice::size;
  FedKSeed::ServerState state;
  state.a = Vec::Ones(16);
  state.sizes = Vec::Zero(16);
  state.counts = Vec::Zero(16);
  state.sizes[3] = 8, state.counts[3] = 2;  // mean 4
  state.sizes[5] = 1, state.counts[5] = 1;  // the least
  ServerContext server;
  const Ask ask = m.ask(server, Vec::Zero(2), state);
  const auto law = ask.common.at("law").doubles();
  EXPECT_DOUBLE_EQ(law[3], std::exp(1.0));
  EXPECT_EQ(law[5], 1);
  EXPECT_DOUBLE_EQ(law[0], std::exp(2.0 / 3));  // the mean 3 of all rounds, scaled
}

TEST(FedKSeed, SendsNoMoreForALargerModel) {
  const std::uint64_t few = seeded_problems::bytes_up(method(), 10);
  EXPECT_LE(few, 5U * 12 + 16 + 4);
  EXPECT_EQ(few, seeded_problems::bytes_up(method(), 100000));
  EXPECT_GT(seeded_problems::bytes_up(table({{"type", "fedavg"}}), 100000), 1000 * few);
}

TEST(FedKSeed, AsksTwoValuesAStep) {
  const drive::Quadratics f(drive::different_clients(3, 4, 7));
  drive::Run run(method(), f, drive::equal_weights(3));
  run.round();
  EXPECT_EQ(run.counts().calls[static_cast<std::size_t>(Query::value)], 3U * 5 * 2);
}

}  // namespace
}  // namespace cohort
