#include "algorithms/optimizers/nadam.hpp"

#include "tests/algorithms/stages.hpp"

namespace cohort {
namespace {

constexpr double rounding = 4e-15;  // a dozen roundings

TEST(NAdam, FollowsTheBoxInExtendedPrecision) {
  const auto g = stages::surrogates(4);
  NAdam::Options options;
  options.learning_rate = 0.1;
  options.beta1 = 0.8;
  options.beta2 = 0.95;
  options.epsilon = 1e-3;
  const Vec w = stages::after<NAdam>(options, g, Vec::Zero(37));
  for (Index j = 0; j < w.size(); ++j) {
    long double m = 0, v = 0, x = 0, p1 = 1, p2 = 1;
    for (const Vec& s : g) {
      m = 0.8L * m + 0.2L * s(j);
      v = 0.95L * v + 0.05L * s(j) * s(j);
      p1 *= 0.8L;
      p2 *= 0.95L;
      const long double ahead = 0.8L * m / (1 - p1 * 0.8L) + 0.2L * s(j) / (1 - p1);
      x -= 0.1L * ahead / (std::sqrt(v / (1 - p2)) + 1e-3L);
    }
    EXPECT_NEAR(w(j), static_cast<double>(x), rounding) << j;
  }
}

TEST(NAdam, WithoutMomentumIsAdamWithoutMomentum) {
  const auto g = stages::surrogates(3);
  NAdam::Options options;
  options.beta1 = 0;
  EXPECT_TRUE(stages::after<NAdam>(options, g, Vec::Zero(37))
                  .isApprox(stages::after<Adam>(options, g, Vec::Zero(37)), rounding));
}

}  // namespace
}  // namespace cohort
