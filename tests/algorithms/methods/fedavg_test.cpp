#include "algorithms/methods/fedavg.hpp"

#include "tests/algorithms/drive.hpp"

namespace cohort {
namespace {

using drive::table;

// Fixed points of contractions, conditioned below 100, after their error fell below rounding.
constexpr double fixed_point = 1e-10;

TEST(FedAvg, OneFullBatchStepIsFedSgd) {
  const drive::Quadratics f(drive::different_clients(5, 4, 6));
  drive::Run fedavg(table({{"type", "fedavg"}}), f, drive::equal_weights(5));
  drive::Run fedsgd(table({{"type", "fedsgd"}}), f, drive::equal_weights(5));
  fedavg.rounds(10);
  fedsgd.rounds(10);
  EXPECT_TRUE(fedavg.x.isApprox(fedsgd.x, 1e-13));  // (x − η g) − x rounds, 10 rounds
}

// (I − Σ p_i P_i)⁻¹ Σ p_i (I − P_i) b_i, P_i = (I − η A_i)^K
Vec biased_point(const drive::Quadratics& f, const std::vector<double>& p, double rate, int steps) {
  const Index d = f.clients().front().a.rows();
  const Mat identity = Mat::Identity(d, d);
  Mat left = identity;
  Vec right = Vec::Zero(d);
  for (std::size_t i = 0; i < p.size(); ++i) {
    Mat power = identity;
    for (int k = 0; k < steps; ++k) power = power * (identity - rate * f.clients()[i].a);
    left -= p[i] * power;
    right += p[i] * (identity - power) * f.clients()[i].centre();
  }
  return drive::solve(left, right);
}

TEST(FedAvg, ConvergesToItsBiasedFixedPoint) {
  const drive::Quadratics f(drive::different_clients(5, 4, 6));
  const std::vector<double> p = {0.1, 0.15, 0.2, 0.25, 0.3};
  drive::Run run(table({{"type", "fedavg"}, {"local_steps", 5}}), f, p);
  run.rounds(200);
  const Vec expected = biased_point(f, p, 0.1, 5), optimum = biased_point(f, p, 0.1, 1);
  EXPECT_TRUE(run.x.isApprox(expected, fixed_point));
  EXPECT_GT((run.x - optimum).norm(), 0.01);  // K = 1 has no bias
}

TEST(FedAvg, ServerRateScalesTheAverageUpdate) {
  const drive::Quadratics f(drive::different_clients(3, 4, 6));
  const auto first_step = [&](double rate) {
    drive::Run run(table({{"type", "fedavg"},
                          {"local_steps", 3},
                          {"server", table({{"optimizer", table({{"learning_rate", rate}})}})}}),
                   f, drive::equal_weights(3));
    run.round();
    return run.x;
  };
  EXPECT_EQ(first_step(0.5), Vec(0.5 * first_step(1.0)));  // from x = 0
}

TEST(FedAvg, ServerMomentumOfZeroIsPlainBitwise) {
  const drive::Quadratics f(drive::different_clients(3, 4, 6));
  const auto model = [&](const ConfigNode& transforms) {
    drive::Run run(table({{"type", "fedavg"},
                          {"local_steps", 3},
                          {"server", table({{"transforms", transforms}})}}),
                   f, drive::equal_weights(3));
    run.rounds(5);
    return run.x;
  };
  EXPECT_EQ(model(drive::list({table({{"type", "momentum"}, {"beta", 0.0}})})),
            model(drive::list({})));
}

TEST(FedAvg, ClippedUpdateMovesTheModelByAtMostTheNorm) {
  const drive::Quadratics f(drive::different_clients(1, 4, 6));
  drive::Run run(
      table({{"type", "fedavg"},
             {"update",
              table({{"transforms", drive::list({table({{"type", "clip"}, {"norm", 0.01}})})}})}}),
      f, {1.0});
  run.round();
  EXPECT_NEAR(run.x.norm(), 0.01, 1e-16);
}

// Reddi et al., ICLR 2021: with β₁ = 0 and τ → ∞, η/τ = 1, adaptive servers are FedAvg.
TEST(FedAvg, AdaptiveServersWithAHugeTauAreFedAvg) {
  const drive::Quadratics f(drive::different_clients(3, 4, 6));
  constexpr double tau = 1e9;
  const auto model = [&](ConfigNode optimizer) {
    drive::Run run(table({{"type", "fedavg"},
                          {"local_steps", 3},
                          {"server", table({{"optimizer", std::move(optimizer)}})}}),
                   f, drive::equal_weights(3));
    run.rounds(5);
    return run.x;
  };
  const Vec plain = model(table({{"type", "sgd"}, {"learning_rate", 1.0}}));
  for (const char* type : {"adagrad", "adam", "yogi"}) {
    ConfigNode optimizer = table({{"type", type}, {"learning_rate", tau}, {"epsilon", tau}});
    if (optimizer.find("type")->text() != "adagrad") {
      optimizer.set("beta1", drive::Value(0.0));
      optimizer.set("beta2", drive::Value(0.99));
    }
    if (optimizer.find("type")->text() == "adam") {
      optimizer.set("bias_correction", config_value(false));
    }
    EXPECT_TRUE(model(std::move(optimizer)).isApprox(plain, 1e-8)) << type;  // √v/τ ≈ 1e-9
  }
}

}  // namespace
}  // namespace cohort
