#include "algorithms/transforms/gaussian_noise.hpp"

#include "tests/algorithms/stages.hpp"

namespace cohort {
namespace {

TEST(GaussianNoise, AddsTheNormalsOfTheStep) {
  const TransformOf<GaussianNoise> noise({.sigma = 2.0});
  State state;
  const Vec g = stages::surrogate(0, 600);  // more than two pieces
  const Vec out = stages::transformed(noise, state, g, g, 3);
  Vec z(600);
  stages::info(3).stream.fill_normal(as_mutable_span(z));
  EXPECT_TRUE((out - g).isApprox(2.0 * z, 1e-14));  // one rounding of numbers of order one
  EXPECT_NE(out, stages::transformed(noise, state, g, g, 4));
}

TEST(GaussianNoise, TwoOfAChainDrawDifferentNumbers) {
  Chain chain;
  chain.transforms = {std::make_shared<TransformOf<GaussianNoise>>(GaussianNoise::Options{1.0}),
                      std::make_shared<TransformOf<GaussianNoise>>(GaussianNoise::Options{1.0})};
  std::vector<State> states;
  chain.start(states, 5);
  Vec g = Vec::Zero(5);
  chain.run(stages::info(), states, g, g);
  Vec one = Vec::Zero(5);
  chain.transforms.pop_back();
  states.pop_back();
  chain.run(stages::info(), states, one, one);
  EXPECT_FALSE(g.isApprox(2.0 * one, 1e-3));
}

}  // namespace
}  // namespace cohort
