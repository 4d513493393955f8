#include "algorithms/methods/feddyn.hpp"

#include "tests/algorithms/drive.hpp"

namespace cohort {
namespace {

using drive::table;

const Vec& linear_term(const State& state) { return state.as<FedDyn::ClientState>().lambda; }

TEST(FedDyn, ReachesTheOptimumAndItsLinearTermsAreTheGradientsThere) {
  const drive::Quadratics f(drive::different_clients(5, 4, 6));
  const std::vector<double> p = {0.1, 0.15, 0.2, 0.25, 0.3};
  Mat a = Mat::Zero(4, 4);
  Vec ab = Vec::Zero(4);
  for (std::size_t i = 0; i < p.size(); ++i) {
    a += p[i] * f.clients()[i].a;
    ab += p[i] * f.clients()[i].a * f.clients()[i].centre();
  }
  const Vec optimum = drive::solve(a, ab);
  for (const int steps : {3, 40}) {
    drive::Run run(table({{"type", "feddyn"}, {"local_steps", steps}, {"alpha", 1.0}}), f, p);
    run.rounds(400);
    EXPECT_TRUE(run.x.isApprox(optimum, 1e-12)) << steps;  // a contraction's limit
    for (std::size_t i = 0; i < p.size(); ++i) {
      const Vec g = f.clients()[i].a * (optimum - f.clients()[i].centre());
      EXPECT_TRUE(linear_term(run.client_state(i)).isApprox(g, 1e-9)) << steps;
    }
  }
}

// With the local problem solved, its first-order condition is ∇f_i(y_i) = λ_i⁺.
TEST(FedDyn, AfterAnExactSolveTheLinearTermIsTheGradientAtTheSolution) {
  const drive::Quadratics f(drive::different_clients(1, 4, 6));
  drive::Run run(table({{"type", "feddyn"}, {"local_steps", 400}, {"alpha", 0.5}}), f, {1.0});
  run.round();
  const auto& client = f.clients().front();
  const Mat h = client.a + 0.5 * Mat::Identity(4, 4);
  const Vec solution = drive::solve(h, client.a * client.centre());  // from x = 0
  EXPECT_TRUE(
      linear_term(run.client_state(0)).isApprox(client.a * (solution - client.centre()), 1e-12));
}

TEST(FedDyn, ServerTermIsTheWeightedSumOfTheClientsEveryRound) {
  const drive::Quadratics f(drive::different_clients(6, 4, 9));
  const std::vector<double> p = {0.1, 0.1, 0.2, 0.2, 0.1, 0.3};
  drive::Run run(table({{"type", "feddyn"}, {"batch_size", 4}}), f, p);
  const std::vector<std::vector<std::uint64_t>> cohorts = {{0, 3}, {1, 2, 3}, {4}, {0, 5}, {}};
  for (const auto& cohort : cohorts) {
    run.round(cohort, {3});                 // client 3 never arrives
    EXPECT_LT(run.invariant_gap(), 1e-13);  // a few additions a round
  }
  EXPECT_EQ(linear_term(run.client_state(3)), Vec::Zero(4));
  EXPECT_GT(linear_term(run.client_state(0)).norm(), 0.01);
}

}  // namespace
}  // namespace cohort
