#include "algorithms/methods/fzoos.hpp"

#include "tests/algorithms/drive.hpp"

namespace cohort {
namespace {

using drive::table;

ConfigNode zord() {
  return table({{"type", "zord"},
                {"length", 3.0},
                {"noise", 1e-10},
                {"window", 40},
                {"active", 6},
                {"radius", 0.05}});
}
ConfigNode local() {
  return table(
      {{"estimator", zord()}, {"optimizer", table({{"type", "sgd"}, {"learning_rate", 0.1}})}});
}
ConfigNode fzoos(int steps, double decay, int features = 400) {
  return table({{"type", "fzoos"},
                {"local_steps", steps},
                {"features", features},
                {"feature_window", 40},
                {"round_queries", 8},
                {"correction_decay", decay},
                {"local", local()}});
}

std::uint64_t values(const drive::Run& run) {
  return run.counts().calls[static_cast<std::size_t>(Query::value)];
}

Vec mean_optimum(const drive::Quadratics& f) {
  Mat a = Mat::Zero(4, 4);
  Vec ab = Vec::Zero(4);
  for (const auto& c : f.clients()) {
    a += c.a;
    ab += c.a * c.centre();
  }
  return drive::solve(a, ab);
}

// One client is all clients: w − w_i = 0, up to the rounding of a sum of one.
TEST(FZooS, OfOneClientTheCorrectionVanishes) {
  const drive::Quadratics f(drive::different_clients(1, 4, 3));
  drive::Run corrected(fzoos(3, 0), f, {1.0});
  drive::Run other(fzoos(3, 0, 7), f, {1.0});  // other features
  corrected.rounds(4);
  other.rounds(4);
  EXPECT_EQ(corrected.x, other.x);
  EXPECT_GT(corrected.x.norm(), 0.1);
}

// Full correction turns the gradients of a client into those of the mean; without it the fixed
// point is that of FedAvg, which is elsewhere.
TEST(FZooS, CorrectedStepsComeNearerToTheOptimumOfTheMean) {
  const drive::Quadratics f(drive::different_clients(4, 4, 3));
  const Vec optimum = mean_optimum(f);
  drive::Run corrected(fzoos(8, 0, 3000), f, drive::equal_weights(4));
  drive::Run plain(table({{"type", "fedavg"}, {"local_steps", 8}, {"local", local()}}), f,
                   drive::equal_weights(4));
  corrected.rounds(25);
  plain.rounds(25);
  EXPECT_GT((plain.x - optimum).norm(), 0.2);
  EXPECT_LT((corrected.x - optimum).norm(), 0.3 * (plain.x - optimum).norm());
}

TEST(FZooS, CountsItsQueriesAndItsBytes) {
  const drive::Quadratics f(drive::different_clients(3, 4, 3));
  drive::Run run(fzoos(2, 1), f, drive::equal_weights(3));
  run.round();
  // x, 8 round it; at x again none but 6 active; at the second point 1 + 6.
  EXPECT_EQ(values(run), 3U * (9 + 6 + 7));
  for (const std::size_t kind : {static_cast<std::size_t>(Query::gradient)}) {
    EXPECT_EQ(run.counts().calls[kind], 0U);
  }
  EXPECT_EQ(run.bytes_up(), 3U * (400 + 4) * 8 + 3U * 2 * 16);
}

TEST(FZooS, WeightsOfTheClientAreThoseItSent) {
  const drive::Quadratics f(drive::different_clients(2, 4, 3));
  drive::Run run(fzoos(1, 1), f, {0.5, 0.5});
  EXPECT_EQ(run.client_state(0).as<FZooS::ClientState>().weights.size(), 0);
  run.round();
  EXPECT_EQ(run.client_state(0).as<FZooS::ClientState>().weights.size(), 400);
  EXPECT_NE(run.client_state(0).as<FZooS::ClientState>().weights,
            run.client_state(1).as<FZooS::ClientState>().weights);
}

TEST(FZooS, RefusesAnotherEstimatorAndBringsItsOwn) {
  const auto mistakes_of = [](const ConfigNode& node) {
    Mistakes mistakes;
    const MethodSetup setup = make_method(node, "method", methods(), Stages{}, mistakes);
    return std::pair(mistakes.messages(), setup.local.estimator->name());
  };
  EXPECT_EQ(mistakes_of(table({{"type", "fzoos"}})).second, "zord");
  EXPECT_THAT(mistakes_of(table({{"type", "fzoos"}})).first, testing::IsEmpty());
  EXPECT_THAT(
      mistakes_of(table({{"type", "fzoos"}, {"local", table({{"estimator", "zeroth_order"}})}}))
          .first,
      testing::ElementsAre(testing::HasSubstr("fzoos corrects the surrogates of the estimator "
                                              "zord, found zeroth_order")));
}

}  // namespace
}  // namespace cohort
