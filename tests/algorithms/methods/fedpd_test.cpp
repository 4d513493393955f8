#include "algorithms/methods/fedpd.hpp"

#include "tests/algorithms/drive.hpp"

namespace cohort {
namespace {

using drive::table;

const Vec& dual(const State& state) { return state.as<FedPd::ClientState>().dual; }

TEST(FedPd, ReachesTheOptimumWhereItsDualsAreTheGradients) {
  const drive::Quadratics f(drive::different_clients(5, 4, 6));
  const std::vector<double> p = {0.1, 0.15, 0.2, 0.25, 0.3};
  Mat a = Mat::Zero(4, 4);
  Vec ab = Vec::Zero(4);
  for (std::size_t i = 0; i < p.size(); ++i) {
    a += p[i] * f.clients()[i].a;
    ab += p[i] * f.clients()[i].a * f.clients()[i].centre();
  }
  const Vec optimum = drive::solve(a, ab);
  // Curvatures of a local problem between 1 + 1/η = 4.3 and 6.3: 40 steps of rate 0.1 leave
  // 0.57^40 ≈ 1e-10 of the error, and the rounds go on from there.
  drive::Run run(table({{"type", "fedpd"}, {"local_steps", 40}, {"penalty_rate", 0.3}}), f, p);
  run.rounds(150);
  EXPECT_TRUE(run.x.isApprox(optimum, 1e-12));
  const auto& client = f.clients()[2];
  EXPECT_TRUE(dual(run.client_state(2)).isApprox(-client.a * (optimum - client.centre()), 1e-7));
}

TEST(FedPd, FollowsTheBoxWhereAveragingIsSkipped) {
  const drive::Quadratics f(drive::different_clients(3, 4, 6));
  const double eta = 0.25;
  drive::Run run(
      table({{"type", "fedpd"}, {"local_steps", 2}, {"penalty_rate", eta}, {"skip", 0.6}}), f,
      drive::equal_weights(3));
  Vec x = Vec::Zero(4);
  std::vector<Vec> duals(3, Vec::Zero(4));
  double most = 0;
  for (int round = 0; round < 5; ++round) {
    const double solutions = run.next_ask().common.at("solutions").doubles()[0];
    most = std::max(most, solutions);
    Vec mean = Vec::Zero(4);
    for (std::size_t i = 0; i < 3; ++i) {
      const auto& c = f.clients()[i];
      Vec own = x;
      for (int r = 0; r < static_cast<int>(solutions); ++r) {
        Vec z = own;
        for (int k = 0; k < 2; ++k) {
          z -= 0.1 * (c.a * (z - c.centre()) + duals[i] + (z - own) / eta);
        }
        duals[i] += (z - own) / eta;
        own = z + eta * duals[i];
      }
      mean += own / 3;
    }
    x = mean;
    run.round();
    EXPECT_TRUE(run.x.isApprox(x, 1e-13)) << round;  // a few additions a step
  }
  EXPECT_GT(most, 1);
}

TEST(FedPd, AReplyThatIsLostLeavesTheDualAsItWas) {
  const drive::Quadratics f(drive::different_clients(3, 4, 6));
  drive::Run run(table({{"type", "fedpd"}, {"local_steps", 2}}), f, drive::equal_weights(3));
  run.round({}, {1});
  EXPECT_EQ(dual(run.client_state(1)), Vec::Zero(4));
  EXPECT_GT(dual(run.client_state(0)).norm(), 0.01);
}

// λ_i = −(the linear term of FedDyn), 1/η = α: with all clients and no skipping it is one method.
TEST(FedPd, WithoutSkippingIsFedDyn) {
  const drive::Quadratics f(drive::different_clients(4, 4, 9));
  drive::Run pd(table({{"type", "fedpd"}, {"batch_size", 4}, {"penalty_rate", 0.5}}), f,
                drive::equal_weights(4));
  drive::Run dyn(table({{"type", "feddyn"}, {"batch_size", 4}, {"alpha", 2.0}}), f,
                 drive::equal_weights(4));
  pd.rounds(20);
  dyn.rounds(20);
  EXPECT_TRUE(pd.x.isApprox(dyn.x, 1e-12));  // other orders of a few additions a step
}

}  // namespace
}  // namespace cohort
