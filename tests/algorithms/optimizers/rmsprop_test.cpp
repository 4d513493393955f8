#include "algorithms/optimizers/rmsprop.hpp"

#include "algorithms/optimizers/adam.hpp"
#include "tests/algorithms/stages.hpp"

namespace cohort {
namespace {

TEST(RmsProp, IsAdamWithoutMomentumAndWithoutCorrection) {
  const auto g = stages::surrogates(4);
  RmsProp::Options options;
  options.rho = 0.95;
  Adam::Options adam;
  adam.beta1 = 0;
  adam.beta2 = 0.95;
  adam.bias_correction = false;
  EXPECT_TRUE(stages::after<RmsProp>(options, g, Vec::Zero(37))
                  .isApprox(stages::after<Adam>(adam, g, Vec::Zero(37)), 4e-15));
}

TEST(RmsProp, AStepOnAConstantGradientTendsToTheRate) {
  // v → g², so that the step tends to η sign(g).
  RmsProp::Options options;
  options.learning_rate = 0.1;
  options.rho = 0.5;
  const std::vector<Vec> g(60, Vec::Constant(1, -3.0));  // ρ^60 ≈ 1e-18
  const Vec before = stages::after<RmsProp>(options, g, Vec::Zero(1));
  std::vector<Vec> more = g;
  more.push_back(g.front());
  EXPECT_NEAR(stages::after<RmsProp>(options, more, Vec::Zero(1))[0] - before[0], 0.1, 1e-8);
}

}  // namespace
}  // namespace cohort
