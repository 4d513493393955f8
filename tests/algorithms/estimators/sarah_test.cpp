#include "algorithms/estimators/sarah.hpp"

#include "tests/algorithms/estimators/unequal_rows.hpp"

namespace cohort {
namespace {

using namespace stages;
constexpr double rounding = 1e-14;  // a few dozen terms of order one

TEST(Sarah, AddsUpDifferencesOfBatchGradients) {
  const UnequalRows f(6, 4);
  Estimating sarah(f, estimator<Sarah>());
  const Vec w0 = surrogate(0, 4), w1 = surrogate(1, 4), w2 = surrogate(2, 4);
  const Vec v0 = sarah(w0, {3}, 0), v1 = sarah(w1, {2}, 1), v2 = sarah(w2, {4, 5}, 2);
  EXPECT_EQ(v0, sarah.full(w0));
  const Vec expected1 = sarah.batch_gradient(w1, {2}) - sarah.batch_gradient(w0, {2}) + v0;
  EXPECT_TRUE(v1.isApprox(expected1, rounding));
  const Vec expected2 = sarah.batch_gradient(w2, {4, 5}) - sarah.batch_gradient(w1, {4, 5}) + v1;
  EXPECT_TRUE(v2.isApprox(expected2, rounding));
}

TEST(Sarah, OnAllRowsItIsTheFullGradient) {
  const UnequalRows f(6, 4);
  Estimating sarah(f, estimator<Sarah>());
  for (std::uint64_t k = 0; k < 5; ++k) {
    const Vec w = surrogate(k, 4);
    EXPECT_TRUE(sarah(w, all_rows(6), k).isApprox(sarah.full(w), rounding)) << k;
  }
}

TEST(Sarah, StartsAnewEveryRoundOrPeriod) {
  const UnequalRows f(6, 4);
  Estimating by_round(f, estimator<Sarah>()), by_period(f, estimator<Sarah>({.period = 2}));
  for (const std::uint64_t step : {0U, 1U, 0U}) by_round(surrogate(step, 4), {1}, step);
  EXPECT_EQ(by_round.counts.rows[static_cast<std::size_t>(Query::gradient)], 6U + 2 + 6);
  for (std::uint64_t k = 0; k < 4; ++k) by_period(surrogate(k, 4), {1}, k);
  EXPECT_EQ(by_period.counts.rows[static_cast<std::size_t>(Query::gradient)], 2U * (6 + 2));
}

TEST(Sarah, PlusTakesAFullGradientOnceTheSurrogateIsSmall) {
  const UnequalRows f(6, 4);
  Estimating plus(f, estimator<Sarah>({.period = 1000, .gamma = 0.125}));
  const Vec far = f.solution() + 10 * Vec::Ones(4), near = f.solution();
  plus(far, {1}, 0);
  EXPECT_LT(plus(near, all_rows(6), 1).squaredNorm(), 0.125 * plus.full(far).squaredNorm());
  EXPECT_EQ(plus(surrogate(0, 4), {1}, 2), plus.full(surrogate(0, 4)));
}

// Nguyen et al., ICML 2017: E ‖v_t‖² ≤ (1 − (2/(ηL) − 1) μ²η²)^t ‖∇P(w_0)‖² over all choices of
// rows, for η < 2/L and curvatures of the rows between μ and L.
TEST(Sarah, ItsSurrogateShrinksAsTheTheoremSays) {
  constexpr std::uint32_t n = 6, steps = 3, paths = n * n * n;
  constexpr double mu = 0.5, largest = 1.5, eta = 1 / largest;
  const UnequalRows f(n, 4);
  const Vec w0 = f.solution() + surrogate(0, 4);
  std::vector<double> mean(steps + 1, 0.0);
  for (std::uint32_t path = 0; path < paths; ++path) {
    Estimating sarah(f, estimator<Sarah>());
    Vec w = w0;
    std::uint32_t choices = path;
    for (std::uint32_t t = 0; t <= steps; ++t) {
      const Vec v = sarah(w, {choices % n}, t);
      if (t > 0) choices /= n;
      mean[t] += v.squaredNorm() / paths;
      w -= eta * v;
    }
  }
  const double factor = 1 - (2 / (eta * largest) - 1) * mu * mu * eta * eta;
  double bound = mean[0];
  for (std::uint32_t t = 1; t <= steps; ++t) {
    bound *= factor;
    EXPECT_LE(mean[t], bound) << t;
  }
}

// The mean of v_t over its own row is off by what v_{t−1} was off.
TEST(Sarah, IsBiasedGivenItsPast) {
  constexpr std::uint32_t n = 6;
  const UnequalRows f(n, 4);
  const Vec w0 = surrogate(0, 4), w1 = surrogate(1, 4), w2 = surrogate(2, 4);
  Vec mean = Vec::Zero(4), error(4);
  for (std::uint32_t j = 0; j < n; ++j) {
    Estimating sarah(f, estimator<Sarah>());
    sarah(w0, {0}, 0);
    error = sarah(w1, {3}, 1) - sarah.full(w1);
    mean += sarah(w2, {j}, 2) / n;
  }
  EXPECT_GT(error.norm(), 0.01);
  EXPECT_TRUE((mean - Estimating(f, estimator<Sarah>()).full(w2)).isApprox(error, 1e-12));
}

}  // namespace
}  // namespace cohort
