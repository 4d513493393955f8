#include "algorithms/transforms/momentum.hpp"

#include "tests/algorithms/stages.hpp"

namespace cohort {
namespace {

// Some ten additions of numbers of order one.
constexpr double rounding = 1e-14;

std::vector<Vec> sequence(Momentum::Options options, const std::vector<Vec>& surrogates) {
  const TransformOf<Momentum> momentum(options);
  State state;
  momentum.start(state, static_cast<std::size_t>(surrogates.front().size()));
  std::vector<Vec> out;
  for (const Vec& g : surrogates) out.push_back(stages::transformed(momentum, state, g, g));
  return out;
}

TEST(Momentum, HeavyBallSumsWithGeometricWeights) {
  const std::vector<Vec> g = {stages::surrogate(0), stages::surrogate(1), stages::surrogate(2)};
  const auto v = sequence({.beta = 0.5}, g);
  EXPECT_EQ(v[0], g[0]);
  EXPECT_TRUE(v[2].isApprox(g[2] + 0.5 * g[1] + 0.25 * g[0], rounding));
}

TEST(Momentum, ConstantSurrogateGrowsToItsGeometricLimit) {
  const Vec g = stages::surrogate(0);
  const auto v = sequence({.beta = 0.5}, std::vector<Vec>(60, g));  // 0.5^60 is below rounding
  EXPECT_TRUE(v.back().isApprox(2.0 * g, rounding));
}

TEST(Momentum, DampeningOfBetaIsAMovingAverage) {
  const Vec g = stages::surrogate(0);
  const auto v = sequence({.beta = 0.9, .dampening = 0.9}, std::vector<Vec>(10, g));
  EXPECT_TRUE(v[0].isApprox(0.1 * g, rounding));
  EXPECT_TRUE(v[9].isApprox((1 - std::pow(0.9, 10)) * g, rounding));
}

TEST(Momentum, BetaZeroPassesEverythingBitwise) {
  const std::vector<Vec> g = {stages::surrogate(0), stages::surrogate(1)};
  EXPECT_EQ(sequence({.beta = 0.0}, g), g);
}

// Nesterov (1983): y_{k+1} = z_k − η ∇f(z_k), z_{k+1} = y_{k+1} + β (y_{k+1} − y_k). SGD on the
// transformed surrogate walks the points z.
TEST(Momentum, NesterovWalksTheExtrapolatedPoints) {
  constexpr double rate = 0.1, beta = 0.8;
  const Vec h = Vec::LinSpaced(5, 1, 3);  // f = ½ Σ h w²
  const TransformOf<Momentum> momentum({.beta = beta, .nesterov = true});
  State state;
  momentum.start(state, 5);
  Vec w = Vec::Ones(5), z = w, y = w;
  for (int k = 0; k < 20; ++k) {
    w -= rate * stages::transformed(momentum, state, w, h.cwiseProduct(w));
    const Vec next = z - rate * h.cwiseProduct(z);
    z = next + beta * (next - y);
    y = next;
    EXPECT_TRUE(w.isApprox(z, 1e-13)) << k;  // 20 steps of a few roundings
  }
}

}  // namespace
}  // namespace cohort
