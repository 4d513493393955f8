#include "algorithms/methods/qfedavg.hpp"

#include "tests/algorithms/drive.hpp"

namespace cohort {
namespace {

using drive::table;

TEST(QFedAvg, QZeroIsFedAvgWithEqualWeights) {
  const drive::Quadratics f(drive::different_clients(5, 4, 6));
  drive::Run fair(table({{"type", "qfedavg"}, {"local_steps", 3}, {"q", 0.0}}), f,
                  {0.1, 0.15, 0.2, 0.25, 0.3});
  drive::Run plain(table({{"type", "fedavg"}, {"local_steps", 3}}), f, drive::equal_weights(5));
  fair.rounds(10);
  plain.rounds(10);
  EXPECT_TRUE(fair.x.isApprox(plain.x, 1e-12));  // L u / L rounds, 10 rounds
}

TEST(QFedAvg, FollowsTheBox) {
  const drive::Quadratics f(drive::different_clients(3, 4, 6));
  constexpr double q = 1.5, l = 8, rate = 0.1;
  drive::Run run(table({{"type", "qfedavg"}, {"q", q}, {"lipschitz", l}}), f,
                 drive::equal_weights(3));
  Vec sum = Vec::Zero(4);
  double scale = 0;
  for (const auto& c : f.clients()) {
    double loss = 0;
    for (Index j = 0; j < c.b.cols(); ++j) loss += 0.5 * c.b.col(j).dot(c.a * c.b.col(j)) / 6;
    const Vec v = l * rate * (c.a * c.centre());  // one step from x = 0
    sum += std::pow(loss, q) * v;
    scale += q * std::pow(loss, q - 1) * v.squaredNorm() + l * std::pow(loss, q);
  }
  run.round();
  EXPECT_TRUE(run.x.isApprox(sum / scale, 1e-13));
}

TEST(QFedAvg, ALargeQLowersTheWorstLoss) {
  const drive::Quadratics f(drive::different_clients(4, 4, 6));
  const auto worst = [&](double q) {
    drive::Run run(table({{"type", "qfedavg"}, {"q", q}, {"lipschitz", 10.0}}), f,
                   drive::equal_weights(4));
    run.rounds(2000);
    ThreadPool pool(1);
    Scratch scratch;
    double largest = 0;
    for (std::uint64_t i = 0; i < 4; ++i) {
      const Sample all{RowSource::client, ClientId(i), 0, 6, {}};
      largest = std::max(largest, f.value({pool, scratch}, all, run.x));
    }
    return largest;
  };
  EXPECT_LT(worst(5), worst(1));
  EXPECT_LT(worst(1), worst(0));
}

}  // namespace
}  // namespace cohort
