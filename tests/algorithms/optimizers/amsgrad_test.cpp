#include "algorithms/optimizers/amsgrad.hpp"

#include "algorithms/optimizers/adam.hpp"
#include "tests/algorithms/stages.hpp"

namespace cohort {
namespace {

constexpr double rounding = 4e-15;  // a dozen roundings

TEST(AmsGrad, FollowsTheBoxInExtendedPrecision) {
  std::vector<Vec> g = stages::surrogates(4);
  g[1] *= 10;  // so that v falls afterwards and v̂ does not
  AmsGrad::Options options;
  options.learning_rate = 0.1;
  options.beta1 = 0.8;
  options.beta2 = 0.5;
  options.epsilon = 1e-3;
  const Vec w = stages::after<AmsGrad>(options, g, Vec::Zero(37));
  for (Index j = 0; j < w.size(); ++j) {
    long double m = 0, v = 0, top = 0, x = 0;
    for (const Vec& s : g) {
      m = 0.8L * m + 0.2L * s(j);
      v = 0.5L * v + 0.5L * s(j) * s(j);
      top = std::max(top, v);
      x -= 0.1L * m / (std::sqrt(top) + 1e-3L);
    }
    EXPECT_NEAR(w(j), static_cast<double>(x), rounding) << j;
  }
}

// The first example of the paper: on [−1, 1] the gradients C, −1, −1, C, −1, −1, … with C = 3 sum
// to 1 a period, so that −1 is best, but β₂ = 1/(1 + C²) makes the rare C count for less than the
// two −1. Adam goes to +1.
template <class T, class Options>
double after_the_counter_example(Options options, int steps) {
  constexpr double c = 3;
  options.beta1 = 0;
  options.beta2 = 1 / (1 + c * c);
  options.epsilon = 1e-12;
  const OptimizerOf<T> optimizer(options);
  State state;
  optimizer.start(state, 1);
  Vec x = Vec::Ones(1);
  for (int t = 1; t <= steps; ++t) {
    const double g = t % 3 == 1 ? c : -1;
    // α_t = α/√t is a schedule of rounds: rates count from round 1 as t = 0.
    optimizer.step(stages::info(static_cast<std::uint64_t>(t)), state, x, Vec::Constant(1, g), 1.0);
    x[0] = std::clamp(x[0], -1.0, 1.0);
  }
  return x[0];
}

TEST(AmsGrad, ConvergesWhereAdamGoesTheWrongWay) {
  InverseSqrtRate schedule;
  schedule.start = 0.5 * std::sqrt(1 - 0.1);
  schedule.decay = 1;
  AmsGrad::Options ams;
  ams.learning_rate = Rate(schedule);
  Adam::Options adam;
  adam.learning_rate = Rate(schedule);
  adam.bias_correction = false;
  EXPECT_GT(after_the_counter_example<Adam>(adam, 30000), 0.9);
  // Independent value, computed from the recursion in other software: −0.998 after 30 000 steps.
  EXPECT_LT(after_the_counter_example<AmsGrad>(ams, 30000), -0.99);
}

// Where gradients are of very different size, √v̂ never falls and v̂ ≥ v.
TEST(AmsGrad, ItsDenominatorNeverFalls) {
  AmsGrad::Options options;
  options.beta1 = 0;
  options.epsilon = 1e-12;
  const OptimizerOf<AmsGrad> optimizer(options);
  State state;
  optimizer.start(state, 1);
  Vec x = Vec::Zero(1);
  double before = 0;
  for (std::uint64_t t = 1; t <= 300; ++t) {
    const double g = t % 101 == 1 ? 1010 : -10;  // the second example of the paper
    const double from = x[0];
    optimizer.step(stages::info(t), state, x, Vec::Constant(1, g), 1.0);
    const double root = options.learning_rate.at(Round(t)) * g / (from - x[0]);
    EXPECT_GE(root, before * (1 - 1e-12));
    before = root;
  }
}

}  // namespace
}  // namespace cohort
