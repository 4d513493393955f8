#include "algorithms/methods/proxskip.hpp"

#include "tests/algorithms/drive.hpp"

namespace cohort {
namespace {

using drive::table;

constexpr double rate = 0.1;           // of the default pipeline
constexpr double fixed_point = 1e-10;  // 200 rounds contract by less than 0.8 each
constexpr double rounding = 1e-13;     // a few additions a step

const Vec& sent(const State& state) { return state.as<ProxSkip::ClientState>().sent; }

TEST(ProxSkip, ReachesTheOptimumWhereItsVariatesAreTheGradients) {
  const drive::Quadratics f(drive::different_clients(5, 4, 6));
  const std::vector<double> p = {0.1, 0.15, 0.2, 0.25, 0.3};
  Mat a = Mat::Zero(4, 4);
  Vec ab = Vec::Zero(4);
  for (std::size_t i = 0; i < p.size(); ++i) {
    a += p[i] * f.clients()[i].a;
    ab += p[i] * f.clients()[i].a * f.clients()[i].centre();
  }
  const Vec optimum = drive::solve(a, ab);
  const double probability = 0.4;
  drive::Run run(table({{"type", "proxskip"}, {"probability", probability}}), f, p);
  run.rounds(300);
  EXPECT_TRUE(run.x.isApprox(optimum, 1e-12));
  const auto& client = f.clients()[2];
  const Vec h = probability / rate * (run.x - sent(run.client_state(2)));  // x_0 = 0
  EXPECT_TRUE(h.isApprox(client.a * (optimum - client.centre()), 1e-8));
}

// The paper's recursion, with control variates that are kept as such.
TEST(ProxSkip, FollowsThePaperWhereAllTakePart) {
  const drive::Quadratics f(drive::different_clients(3, 4, 6));
  const double probability = 0.3;
  drive::Run run(table({{"type", "proxskip"}, {"probability", probability}}), f,
                 drive::equal_weights(3));
  Vec x = Vec::Zero(4);
  std::vector<Vec> h(3, Vec::Zero(4)), y(3);
  double most_steps = 0;
  for (int round = 0; round < 6; ++round) {
    const double steps = run.next_ask().common.at("steps").doubles()[0];
    most_steps = std::max(most_steps, steps);
    Vec mean = Vec::Zero(4);
    for (std::size_t i = 0; i < 3; ++i) {
      const auto& c = f.clients()[i];
      y[i] = x;
      for (int k = 0; k < static_cast<int>(steps); ++k) {
        y[i] -= rate * (c.a * (y[i] - c.centre()) - h[i]);
      }
      mean += y[i] / 3;
    }
    for (std::size_t i = 0; i < 3; ++i) h[i] += probability / rate * (mean - y[i]);
    x = mean;
    run.round();
    EXPECT_TRUE(run.x.isApprox(x, rounding)) << round;
  }
  EXPECT_GT(most_steps, 2);  // else h has never been used
}

TEST(ProxSkip, WithoutSkippingItIsGradientDescent) {
  const drive::Quadratics f(drive::different_clients(3, 4, 6));
  drive::Run run(table({{"type", "proxskip"}, {"probability", 1.0}}), f, drive::equal_weights(3));
  Vec x = Vec::Zero(4);
  for (int round = 0; round < 5; ++round) {
    Vec g = Vec::Zero(4);
    for (const auto& c : f.clients()) g += c.a * (x - c.centre()) / 3;
    x -= rate * g;
    run.round();
    EXPECT_TRUE(run.x.isApprox(x, rounding));
  }
}

TEST(ProxSkip, VariatesSumToZeroWhoeverTakesPart) {
  const drive::Quadratics f(drive::different_clients(6, 4, 9));
  const std::vector<double> p = {0.1, 0.1, 0.2, 0.2, 0.1, 0.3};
  drive::Run run(table({{"type", "proxskip"}, {"batch_size", 4}, {"probability", 0.3}}), f, p);
  const std::vector<std::vector<std::uint64_t>> cohorts = {{0, 3}, {1, 2, 3}, {4}, {0, 5}, {}};
  for (const auto& cohort : cohorts) {
    run.round(cohort, {3});  // client 3 never arrives
    EXPECT_LT(run.invariant_gap(), rounding);
  }
  EXPECT_EQ(sent(run.client_state(3)), Vec::Zero(4));
  EXPECT_GT(sent(run.client_state(0)).norm(), 0.01);
}

TEST(ProxSkip, RefusesAPipelineThatIsNotPlain) {
  Mistakes mistakes;
  make_method(drive::placed(table({{"type", "proxskip"},
                                   {"local", table({{"optimizer", table({{"type", "adam"}})}})}})),
              "method", methods(), Stages{}, mistakes);
  EXPECT_NE(mistakes.result().error().message.find("needs the optimizer sgd"), std::string::npos);
}

// y_i − x vanishes there, and the error of an unbiased compressor with it.
TEST(ProxSkip, ReachesTheOptimumWithCompressedUpdates) {
  const drive::Quadratics f(drive::different_clients(4, 4, 6));
  Mat a = Mat::Zero(4, 4);
  Vec ab = Vec::Zero(4);
  for (const auto& c : f.clients()) {
    a += c.a;
    ab += c.a * c.centre();
  }
  drive::Run run(table({{"type", "proxskip"},
                        {"probability", 0.4},
                        {"update", table({{"compressor", "natural"}})}}),
                 f, drive::equal_weights(4));
  run.rounds(400);
  EXPECT_TRUE(run.x.isApprox(drive::solve(a, ab), fixed_point));
  EXPECT_LT(run.invariant_gap(), 1e-12);  // 400 additions
}

}  // namespace
}  // namespace cohort
