#include "algorithms/methods/fedsgd.hpp"

#include "tests/algorithms/drive.hpp"

namespace cohort {
namespace {

using drive::table;

TEST(FedSgd, IsGradientDescentOnTheWeightedSumBitwise) {
  const drive::Quadratics f(drive::different_clients(4, 5, 3));
  const std::vector<double> p = {0.1, 0.2, 0.3, 0.4};
  drive::Run run(table({{"type", "fedsgd"}}), f, p);
  ThreadPool pool(1);
  Scratch scratch;
  OracleCounts counts;
  Vec x = f.start();
  for (int round = 0; round < 20; ++round) {
    std::vector<Vec> terms;
    for (std::uint64_t i = 0; i < 4; ++i) {
      Vec g(5);
      Oracle(f, ClientId(i), {pool, scratch}, counts).gradient(x, g);
      terms.push_back(p[i] * g);
    }
    const Vec g = ((terms[0] + terms[1]) + (terms[2] + terms[3])) / ((p[0] + p[1]) + (p[2] + p[3]));
    for (Index j = 0; j < 5; ++j) x(j) = std::fma(-0.1, g(j), x(j));
    run.round();
    ASSERT_EQ(run.x, x) << round;
  }
}

TEST(FedSgd, ReachesTheMinimumOfTheWeightedSum) {
  const drive::Quadratics f(drive::different_clients(3, 4, 3));
  const std::vector<double> p = {0.5, 0.3, 0.2};
  Mat a = Mat::Zero(4, 4);
  Vec ab = Vec::Zero(4);
  for (std::size_t i = 0; i < 3; ++i) {
    a += p[i] * f.clients()[i].a;
    ab += p[i] * f.clients()[i].a * f.clients()[i].centre();
  }
  drive::Run run(table({{"type", "fedsgd"}}), f, p);
  run.rounds(400);                               // 0.9^400 is below rounding
  EXPECT_TRUE((a * run.x).isApprox(ab, 1e-12));  // conditioned below 3
}

TEST(FedSgd, AsksOneGradientOfAllRowsAndDecidesByWeightWhoCounts) {
  const drive::Quadratics f(drive::different_clients(3, 4, 7));
  drive::Run run(table({{"type", "fedsgd"}}), f, {0.0, 1.0, 0.0});
  drive::Run alone(table({{"type", "fedsgd"}}), f, {0.0, 0.25, 0.0});
  run.round();
  alone.round({1});
  EXPECT_EQ(run.x, alone.x);  // weights are relative to who answered
  EXPECT_EQ(run.counts().calls[static_cast<std::size_t>(Query::gradient)], 3U);
  EXPECT_EQ(run.counts().rows[static_cast<std::size_t>(Query::gradient)], 21U);
}

}  // namespace
}  // namespace cohort
