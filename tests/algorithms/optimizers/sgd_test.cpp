#include "algorithms/optimizers/sgd.hpp"

#include "tests/algorithms/stages.hpp"

namespace cohort {
namespace {

TEST(Sgd, StepIsFusedAndCarriesTheScale) {
  const OptimizerOf<Sgd> sgd({.learning_rate = 0.1});
  State state;
  const Vec start = stages::surrogate(0), g = stages::surrogate(1);
  Vec w = start;
  sgd.step(stages::info(), state, w, g, 0.5);
  for (Index j = 0; j < w.size(); ++j) EXPECT_EQ(w(j), std::fma(-0.1 * 0.5, g(j), start(j)));
}

TEST(Sgd, RateFollowsTheRound) {
  const OptimizerOf<Sgd> sgd({.learning_rate = Rate(InverseRate{{1.0, 0}, 1.0})});
  State state;
  Vec w = Vec::Zero(1);
  EXPECT_EQ(sgd.step(stages::info(2), state, w, Vec::Ones(1), 1.0), 0.5);
  EXPECT_EQ(w(0), -0.5);
  EXPECT_EQ(sgd.step(stages::info(1), state, w, Vec::Ones(1), 1.0), 1.0);
  EXPECT_EQ(sgd.step(stages::info(4), state, w, Vec::Ones(1), 1.0), 0.25);
}

TEST(Sgd, RemembersNothing) {
  State state;
  OptimizerOf<Sgd>({}).start(state, 5);
  EXPECT_TRUE(state.empty());
}

}  // namespace
}  // namespace cohort
