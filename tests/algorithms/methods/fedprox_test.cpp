#include "algorithms/methods/fedprox.hpp"

#include "tests/algorithms/drive.hpp"

namespace cohort {
namespace {

using drive::table;

TEST(FedProx, WithoutTheTermItIsFedAvgBitwise) {
  const drive::Quadratics f(drive::different_clients(5, 4, 6));
  drive::Run prox(table({{"type", "fedprox"}, {"local_steps", 5}, {"mu", 0.0}}), f,
                  drive::equal_weights(5));
  drive::Run plain(table({{"type", "fedavg"}, {"local_steps", 5}}), f, drive::equal_weights(5));
  prox.rounds(10);
  plain.rounds(10);
  EXPECT_EQ(prox.x, plain.x);
}

// K steps on f_i + (μ/2)‖y − x‖² from x: y − x = −(I − (I − η(A + μI))^K)(A + μI)⁻¹ A (x − b).
TEST(FedProx, ConvergesToItsOwnBiasedFixedPoint) {
  const drive::Quadratics f(drive::different_clients(5, 4, 6));
  constexpr double mu = 0.5, rate = 0.1;
  constexpr int steps = 5;
  const Mat identity = Mat::Identity(4, 4);
  Mat left = Mat::Zero(4, 4);
  Vec right = Vec::Zero(4);
  for (const auto& client : f.clients()) {
    const Mat h = client.a + mu * identity;
    Mat power = identity;
    for (int k = 0; k < steps; ++k) power = power * (identity - rate * h);
    const Mat pull = (identity - power) * drive::solve(h, client.a);
    left += pull;
    right += pull * client.centre();
  }
  drive::Run run(table({{"type", "fedprox"}, {"local_steps", steps}, {"mu", mu}}), f,
                 drive::equal_weights(5));
  run.rounds(300);
  EXPECT_TRUE(run.x.isApprox(drive::solve(left, right), 1e-10));  // a contraction's limit
}

// x = Σ p_i prox(x), prox = (A + μI)⁻¹ (A b + μ x): another point than the minimum.
TEST(FedProx, ExactLocalSolutionsAreStillBiased) {
  const drive::Quadratics f(drive::different_clients(4, 4, 6));
  constexpr double mu = 1.0;
  const Mat identity = Mat::Identity(4, 4);
  Mat left = Mat::Zero(4, 4), a = left;
  Vec right = Vec::Zero(4), ab = right;
  for (const auto& client : f.clients()) {
    const Mat pull = drive::solve(client.a + mu * identity, client.a);
    left += pull;
    right += pull * client.centre();
    a += client.a;
    ab += client.a * client.centre();
  }
  drive::Run run(table({{"type", "fedprox"}, {"local_steps", 200}, {"mu", mu}}), f,
                 drive::equal_weights(4));  // 0.8^200: solved
  run.rounds(100);
  EXPECT_TRUE(run.x.isApprox(drive::solve(left, right), 1e-10));
  EXPECT_GT((run.x - drive::solve(a, ab)).norm(), 0.01);
}

}  // namespace
}  // namespace cohort
