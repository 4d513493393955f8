#include "algorithms/methods/fednova.hpp"

#include "tests/algorithms/drive.hpp"

namespace cohort {
namespace {

using drive::table;

Vec optimum_of(const drive::Quadratics& f, const std::vector<double>& weights) {
  Mat a = Mat::Zero(4, 4);
  Vec ab = Vec::Zero(4);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    a += weights[i] * f.clients()[i].a;
    ab += weights[i] * f.clients()[i].a * f.clients()[i].centre();
  }
  return drive::solve(a, ab);
}

TEST(FedNova, WithEqualStepsItIsFedAvg) {
  const drive::Quadratics f(drive::different_clients(5, 4, 6));
  drive::Run nova(table({{"type", "fednova"}, {"local_steps", 5}}), f, drive::equal_weights(5));
  drive::Run plain(table({{"type", "fedavg"}, {"local_steps", 5}}), f, drive::equal_weights(5));
  nova.rounds(10);
  plain.rounds(10);
  EXPECT_TRUE(nova.x.isApprox(plain.x, 1e-12));  // u/τ · τ rounds, 10 rounds
}

// Clients of 2, 4 and 8 rows take 1, 2 and 4 steps an epoch of batches of 2; rows of a client are
// equal, so that a batch gradient is the client's.
TEST(FedNova, MinimisesTheObjectiveWhereFedAvgWeighsByTheNumberOfSteps) {
  auto clients = drive::different_clients(3, 4, 1);
  for (std::size_t i = 0; i < 3; ++i) {
    clients[i].b = clients[i].b.col(0).replicate(1, Index{2} << i).eval();
  }
  const drive::Quadratics f(clients);
  const std::vector<double> p = drive::equal_weights(3);
  constexpr double rate = 1e-4;  // the bias of several steps falls with it
  const auto model = [&](const char* type) {
    drive::Run run(table({{"type", type},
                          {"batch_size", 2},
                          {"local", table({{"optimizer", table({{"learning_rate", rate}})}})},
                          {"server", table({{"optimizer", table({{"learning_rate", 100.0}})}})}}),
                   f, p);
    run.rounds(2000);
    return run.x;
  };
  // 1e-3: the bias is of order η · (number of steps).
  EXPECT_TRUE(model("fednova").isApprox(optimum_of(f, p), 1e-3));
  EXPECT_TRUE(model("fedavg").isApprox(optimum_of(f, {1.0, 2.0, 4.0}), 1e-3));
  EXPECT_GT((optimum_of(f, p) - optimum_of(f, {1.0, 2.0, 4.0})).norm(), 0.1);
}

TEST(FedNova, RefusesLocalSolversWithAnotherNorm) {
  Mistakes mistakes;
  make_method(table({{"type", "fednova"}, {"local", table({{"optimizer", "adam"}})}}), "method",
              methods(), Stages{}, mistakes);
  EXPECT_THAT(mistakes.messages(), testing::ElementsAre(testing::HasSubstr("step sizes")));
}

}  // namespace
}  // namespace cohort
