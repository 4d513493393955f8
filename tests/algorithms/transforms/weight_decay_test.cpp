#include "algorithms/transforms/weight_decay.hpp"

#include "tests/algorithms/drive.hpp"
#include "tests/algorithms/stages.hpp"

namespace cohort {
namespace {

TEST(WeightDecay, AddsAMultipleOfTheModel) {
  const TransformOf<WeightDecay> decay({.rate = 0.5});
  State state;
  EXPECT_EQ(stages::transformed(decay, state, Vec{{2.0, -4.0}}, Vec{{1.0, 1.0}}),
            (Vec{{2.0, -1.0}}));
}

TEST(WeightDecay, WithoutAGradientSgdShrinksTheModelByOneFactor) {
  Chain chain{{std::make_shared<TransformOf<WeightDecay>>(WeightDecay::Options{.rate = 0.5})}};
  std::vector<State> states;
  chain.start(states, 2);
  const Vec w{{2.0, -4.0}};
  Vec g = Vec::Zero(2);
  const double scale = chain.run(stages::info(), states, w, g);
  EXPECT_EQ(Vec(w - 0.25 * scale * g), (Vec{{2.0 * 0.875, -4.0 * 0.875}}));
}

TEST(WeightDecay, ShrinksAnUpdateTowardsZeroToo) {
  Chain chain{{std::make_shared<TransformOf<WeightDecay>>(WeightDecay::Options{.rate = 0.5})}};
  std::vector<State> states;
  chain.start(states, 2);
  Vec u{{1.0, 1.0}};
  chain.run_on_update(stages::info(), states, Vec{{2.0, -4.0}}, u);
  EXPECT_EQ(u, (Vec{{0.0, 3.0}}));
}

TEST(WeightDecay, LocallyIsAnL2TermOfEveryClient) {
  // ½ (w − b)² + λ/2 w² has its minimum at b/(1 + λ).
  const drive::Quadratics f({{Mat::Identity(1, 1), Mat::Constant(1, 1, 3.0)}});
  drive::Run run(
      drive::table({{"type", "fedavg"},
                    {"local", drive::table({{"transforms",
                                             drive::list({drive::table(
                                                 {{"type", "weight_decay"}, {"rate", 0.5}})})}})}}),
      f, {1.0});
  run.rounds(400);
  EXPECT_NEAR(run.x(0), 2.0, 1e-14);  // 0.85^400 is below rounding
}

}  // namespace
}  // namespace cohort
