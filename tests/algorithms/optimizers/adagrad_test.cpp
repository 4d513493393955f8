#include "algorithms/optimizers/adagrad.hpp"

#include "tests/algorithms/stages.hpp"

namespace cohort {
namespace {

TEST(Adagrad, StepTOnAConstantGradientIsTheRateOverTheRootOfT) {
  Adagrad::Options options;
  options.learning_rate = 0.3;
  double expected = 0;
  for (int t = 1; t <= 50; ++t) expected += 0.3 / std::sqrt(t);
  const Vec w =
      stages::after<Adagrad>(options, std::vector<Vec>(50, Vec::Constant(1, -7.0)), Vec::Zero(1));
  EXPECT_NEAR(w[0], expected, 1e-9);  // ε/|g| a step
}

TEST(Adagrad, EachCoordinateHasItsOwnRate) {
  Vec g(2);
  g << 1e-3, 1e3;
  Adagrad::Options options;
  options.learning_rate = 1.0;
  const Vec w = stages::after<Adagrad>(options, {g, g}, Vec::Zero(2));
  EXPECT_NEAR(w[0], -1 - 1 / std::sqrt(2.0), 1e-6);
  EXPECT_NEAR(w[1], -1 - 1 / std::sqrt(2.0), 1e-12);
}

}  // namespace
}  // namespace cohort
