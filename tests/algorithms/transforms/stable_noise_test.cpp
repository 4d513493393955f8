#include "algorithms/transforms/stable_noise.hpp"

#include "tests/algorithms/stages.hpp"

namespace cohort {
namespace {

constexpr Index n = 200000;

Vec draws(double alpha, double scale = 1.0) {
  const TransformOf<StableNoise> noise({.scale = scale, .alpha = alpha});
  State state;
  return stages::transformed(noise, state, Vec::Zero(n), Vec::Zero(n));
}

TEST(StableNoise, HasTheCharacteristicFunctionOfItsLaw) {
  // E cos(tX) = e^{−|t|^α}; a mean of n cosines has a standard deviation below 1/√n = 2.3e-3.
  for (const double alpha : {0.5, 1.0, 1.3, 1.5, 1.9, 2.0}) {
    const Vec x = draws(alpha);
    for (const double t : {0.3, 1.0, 2.0}) {
      EXPECT_NEAR((t * x.array()).cos().mean(), std::exp(-std::pow(t, alpha)), 8e-3)
          << alpha << " at " << t;
    }
  }
}

TEST(StableNoise, AlphaOneIsCauchyAndAlphaTwoGaussian) {
  // |Cauchy| has the median 1, and P(|X| < tan(3π/8)) = 3/4.
  const Vec cauchy = draws(1.0, 3.0) / 3.0;
  const auto share = [](const Vec& x, double bound) {
    return static_cast<double>((x.array().abs() < bound).count()) / static_cast<double>(n);
  };
  EXPECT_NEAR(share(cauchy, 1.0), 0.5, 5e-3);
  EXPECT_NEAR(share(cauchy, 2.414213562373095), 0.75, 4e-3);
  const Vec gaussian = draws(2.0);
  EXPECT_NEAR(gaussian.squaredNorm() / static_cast<double>(n), 2.0, 3e-2);
}

TEST(StableNoise, IsAlwaysFinite) {
  for (const double alpha : {0.1, 0.5, 1.0, 2.0}) EXPECT_TRUE(draws(alpha).allFinite()) << alpha;
}

}  // namespace
}  // namespace cohort
