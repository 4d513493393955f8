#include "algorithms/optimizers/proximal_sgd.hpp"

#include <gtest/gtest.h>

#include "algorithms/optimizers/sgd.hpp"
#include "tests/algorithms/stages.hpp"

namespace cohort {
namespace {

Vec stepped(const Layout& layout, const ProximalSgd::Options& options, Vec w, const Vec& g) {
  const OptimizerOf<ProximalSgd> optimizer(options);
  State state;
  optimizer.start(state, static_cast<std::size_t>(w.size()));
  StepInfo info = stages::info();
  info.layout = &layout;
  optimizer.step(info, state, w, g, 2.0);
  return w;
}

Layout weights_and_bias(const Penalty& penalty) {
  Layout layout;
  layout.append("weight", 1, 3, SegmentKind::weight, Owner::shared, penalty);
  layout.append("bias", 1, 1, SegmentKind::bias);
  return layout;
}

TEST(ProximalSgd, WithoutAPenaltyIsSgdToTheBit) {
  const Vec w = stages::surrogate(1, 4), g = stages::surrogate(2, 4);
  EXPECT_EQ(stepped(weights_and_bias({}), {.learning_rate = 0.3}, w, g),
            stages::after<Sgd>({.learning_rate = 0.3}, {g}, w, 2.0));
}

TEST(ProximalSgd, ThresholdsTheWeightsByRateTimesPenaltyTimesScale) {
  const Vec w = (Vec(4) << 1, -1, 0.1, 0.1).finished();
  const Vec g = (Vec(4) << 0.5, 0.5, 0, 0).finished();
  // w − 0.5 · 2 g = (0.5, −1.5, 0.1, 0.1); threshold 0.5 · 0.25 · 2 = 0.25 on the weights.
  const Vec expected = (Vec(4) << 0.25, -1.25, 0, 0.1).finished();
  EXPECT_EQ(stepped(weights_and_bias({.l1 = 0.25}), {.learning_rate = 0.5, .prox_scale = 2}, w, g),
            expected);
}

TEST(ProximalSgd, IsTheOneThatTakesProximalSteps) {
  EXPECT_TRUE(OptimizerOf<ProximalSgd>({}).takes_prox());
  EXPECT_FALSE(OptimizerOf<Sgd>({}).takes_prox());
}

}  // namespace
}  // namespace cohort
