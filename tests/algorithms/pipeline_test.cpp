#include "algorithms/pipeline.hpp"

#include "algorithms/catalogue.hpp"
#include "algorithms/transforms/clip.hpp"
#include "algorithms/transforms/momentum.hpp"
#include "tests/algorithms/stages.hpp"

namespace cohort {
namespace {

Chain chain_of(std::initializer_list<std::shared_ptr<const Transform>> transforms) {
  return Chain{transforms};
}
std::shared_ptr<const Transform> clip(double norm) {
  return std::make_shared<TransformOf<Clip>>(Clip::Options{.norm = norm});
}
std::shared_ptr<const Transform> momentum(double beta) {
  return std::make_shared<TransformOf<Momentum>>(Momentum::Options{.beta = beta});
}

TEST(Chain, ScaleOnlyTransformsFoldIntoOneFactorAndLeaveTheSurrogate) {
  const Chain chain = chain_of({clip(2.0), clip(1.0)});
  std::vector<State> states;
  chain.start(states, 2);
  Vec g{{3.0, -4.0}};
  EXPECT_EQ(chain.run(stages::info(), states, g, g), 0.4 * 0.5);
  EXPECT_EQ(g, (Vec{{3.0, -4.0}}));
}

TEST(Chain, FactorReachesAStageThatWorksInPlace) {
  const Chain chain = chain_of({clip(1.0), momentum(0.5)});
  std::vector<State> states;
  chain.start(states, 2);
  Vec g{{3.0, -4.0}};
  EXPECT_EQ(chain.run(stages::info(), states, g, g), 1.0);
  EXPECT_EQ(g, (Vec{{3.0 * 0.2, -4.0 * 0.2}}));
}

TEST(Chain, OrderMatters) {
  const auto second_output = [](const Chain& chain) {
    std::vector<State> states;
    chain.start(states, 1);
    Vec g;
    double scale = 0;
    for (int i = 0; i < 2; ++i) {
      g = Vec::Constant(1, 10.0);
      scale = chain.run(stages::info(), states, g, g);
    }
    return scale * g(0);
  };
  EXPECT_EQ(second_output(chain_of({clip(1.0), momentum(0.5)})), 1.5);
  EXPECT_EQ(second_output(chain_of({momentum(0.5), clip(1.0)})), 1.0);
}

TEST(Chain, UpdatesAreTransformedAsTheNegativesOfGradients) {
  const Chain chain = chain_of({momentum(0.5), clip(1.0)});
  std::vector<State> of_gradient, of_update;
  chain.start(of_gradient, 37);
  chain.start(of_update, 37);
  for (std::uint64_t k = 0; k < 3; ++k) {
    Vec g = stages::surrogate(k), u = -g;
    g *= chain.run(stages::info(), of_gradient, g, g);
    chain.run_on_update(stages::info(), of_update, u, u);
    EXPECT_EQ(u, -g);
  }
}

TEST(Chain, EmptyOneLeavesAnUpdateBitwise) {
  std::vector<State> states;
  Vec u = stages::surrogate(0);
  Chain{}.run_on_update(stages::info(), states, u, u);
  EXPECT_EQ(u, stages::surrogate(0));
}

TEST(ClientPipelineState, HoldsOnlyWhatIsRemembered) {
  const auto made = [](const Registry<Optimizer>& r, const char* name) {
    Mistakes mistakes;
    return r.make(config_value(std::string(name)), "", mistakes).object;
  };
  Mistakes mistakes;
  LocalPipeline local{
      estimators().make(config_value(std::string("minibatch")), "", mistakes).object,
      chain_of({momentum(0.5)}), made(optimizers(), "adam"), false};
  Layout layout;
  layout.append("w", 3, 1, SegmentKind::weight);
  ClientPipelineState reset, keep, update;
  reset.start(local, {}, layout);
  EXPECT_TRUE(reset.empty());
  local.keeps_state = true;
  keep.start(local, {}, layout);
  EXPECT_FALSE(keep.empty());
  EXPECT_FALSE(keep.optimizer.empty());
  update.start({}, chain_of({momentum(0.5)}), layout);
  EXPECT_FALSE(update.empty());
}

}  // namespace
}  // namespace cohort
