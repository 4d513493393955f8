#include "algorithms/methods/fedsplit.hpp"

#include "tests/algorithms/drive.hpp"

namespace cohort {
namespace {

using drive::table;

const Vec& moved(const State& state) { return state.as<FedSplit::ClientState>().moved; }

TEST(FedSplit, WithExactProximalStepsItReachesTheOptimum) {
  const drive::Quadratics f(drive::different_clients(5, 4, 6));
  const std::vector<double> p = {0.1, 0.15, 0.2, 0.25, 0.3};
  Mat a = Mat::Zero(4, 4);
  Vec ab = Vec::Zero(4);
  for (std::size_t i = 0; i < p.size(); ++i) {
    a += p[i] * f.clients()[i].a;
    ab += p[i] * f.clients()[i].a * f.clients()[i].centre();
  }
  // Curvatures between 1 and 3, s = 1/√3; 100 steps of rate 0.1 on a problem of curvature above
  // 2.7 leave 0.73^100 ≈ 1e-14.
  drive::Run run(table({{"type", "fedsplit"}, {"local_steps", 100}, {"step", 0.577}}), f, p);
  run.rounds(100);
  EXPECT_TRUE(run.x.isApprox(drive::solve(a, ab), 1e-12));
}

TEST(FedSplit, OneRoundFollowsTheBox) {
  const drive::Quadratics f(drive::different_clients(3, 4, 6));
  drive::Run run(table({{"type", "fedsplit"}, {"local_steps", 2}, {"step", 2.0}}), f,
                 drive::equal_weights(3));
  Vec x = Vec::Zero(4);
  for (const auto& c : f.clients()) {
    Vec y = Vec::Zero(4);  // v = 2x − z = 0
    for (int k = 0; k < 2; ++k) y -= 0.1 * (c.a * (y - c.centre()) + y / 2.0);
    x += 2 * y / 3;
  }
  run.round();
  EXPECT_TRUE(run.x.isApprox(x, 1e-14));
}

TEST(FedSplit, ModelIsTheWeightedSumOfTheCentresEveryRound) {
  const drive::Quadratics f(drive::different_clients(6, 4, 9));
  const std::vector<double> p = {0.1, 0.1, 0.2, 0.2, 0.1, 0.3};
  drive::Run run(table({{"type", "fedsplit"}, {"batch_size", 4}}), f, p);
  const std::vector<std::vector<std::uint64_t>> cohorts = {{0, 3}, {1, 2, 3}, {4}, {0, 5}, {}};
  for (const auto& cohort : cohorts) {
    run.round(cohort, {3});                 // client 3 never arrives
    EXPECT_LT(run.invariant_gap(), 1e-13);  // a few additions a round
  }
  EXPECT_EQ(moved(run.client_state(3)), Vec::Zero(4));
  EXPECT_GT(moved(run.client_state(0)).norm(), 0.01);
}

}  // namespace
}  // namespace cohort
