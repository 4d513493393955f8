#include "algorithms/optimizers/adagrad_norm.hpp"

#include "tests/algorithms/stages.hpp"

namespace cohort {
namespace {

TEST(AdaGradNorm, FollowsTheBox) {
  const auto g = stages::surrogates(3);
  AdaGradNorm::Options options;
  options.learning_rate = 0.5;
  options.initial = 2.0;
  Vec x = stages::surrogate(9);
  const Vec w = stages::after<AdaGradNorm>(options, g, x);
  double b2 = 4;
  for (const Vec& s : g) {
    b2 += s.squaredNorm();
    x -= 0.5 / std::sqrt(b2) * s;
  }
  EXPECT_TRUE(w.isApprox(x, 4e-15));  // a dozen roundings
}

TEST(AdaGradNorm, NoStepIsLongerThanTheRate) {
  AdaGradNorm::Options options;
  options.learning_rate = 0.5;
  for (const double size : {1e-8, 1.0, 1e8}) {
    const Vec g = size * stages::surrogate(0);
    EXPECT_LE(stages::after<AdaGradNorm>(options, {g}, Vec::Zero(37)).norm(), 0.5 * (1 + 1e-15));
  }
}

TEST(AdaGradNorm, ConvergesFromAnyFirstRate) {
  // ½ xᵀ diag(1, 4) x: b stops growing where the rate is below 1/4 of the largest curvature's
  // limit, for b₀ over ten orders of magnitude and one η.
  const Vec curvature = Vec::LinSpaced(2, 1, 4);
  for (const double b0 : {1e-8, 1e-4, 1.0, 1e2}) {
    const OptimizerOf<AdaGradNorm> optimizer({.learning_rate = 1.0, .initial = b0});
    State state;
    optimizer.start(state, 2);
    Vec x = Vec::Constant(2, 3.0);
    for (std::uint64_t k = 1; k <= 20000; ++k) {
      optimizer.step(stages::info(k), state, x, curvature.cwiseProduct(x), 1.0);
    }
    EXPECT_LT(x.norm(), 1e-6) << b0;
  }
}

}  // namespace
}  // namespace cohort
