#include "algorithms/optimizers/yogi.hpp"

#include "tests/algorithms/stages.hpp"

namespace cohort {
namespace {

constexpr double rounding = 4e-15;  // a dozen roundings

TEST(Yogi, FollowsTheBoxInExtendedPrecision) {
  const auto g = stages::surrogates(5);
  Yogi::Options options;
  options.learning_rate = 0.1;
  options.beta1 = 0.8;
  options.beta2 = 0.7;
  options.epsilon = 1e-2;
  options.initial = 0.25;
  const Vec w = stages::after<Yogi>(options, g, Vec::Zero(37));
  for (Index j = 0; j < w.size(); ++j) {
    long double m = 0, v = 0.25L, x = 0;
    for (const Vec& s : g) {
      const long double square = static_cast<long double>(s(j)) * s(j);
      m = 0.8L * m + 0.2L * s(j);
      v -= 0.3L * (v > square ? 1 : v < square ? -1 : 0) * square;
      x -= 0.1L * m / (std::sqrt(v) + 1e-2L);
    }
    EXPECT_NEAR(w(j), static_cast<double>(x), 10 * rounding) << j;
  }
}

TEST(Yogi, TheSecondMomentMovesByAShareOfTheSquareAtMost) {
  // v₀ = 100 and g = 1: after one step v = 100 − 0.1, where Adam's would be 0.9 · 100 + 0.1.
  Yogi::Options options;
  options.learning_rate = 1.0;
  options.beta1 = 0;
  options.beta2 = 0.9;
  options.epsilon = 1e-12;
  options.initial = 100;
  const Vec w = stages::after<Yogi>(options, {Vec::Ones(1)}, Vec::Zero(1));
  EXPECT_NEAR(w[0], -1 / (std::sqrt(99.9) + 1e-12), rounding);
}

}  // namespace
}  // namespace cohort
