#include "algorithms/optimizers/adamw.hpp"

#include "tests/algorithms/stages.hpp"

namespace cohort {
namespace {

constexpr double rounding = 4e-15;  // a dozen roundings

TEST(AdamW, WithoutDecayIsAdamBitwise) {
  const auto g = stages::surrogates(4);
  const Vec start = stages::surrogate(9);
  AdamW::Options options;
  options.decay = 0;
  EXPECT_EQ(stages::after<AdamW>(options, g, start), stages::after<Adam>({}, g, start));
}

TEST(AdamW, WithoutAGradientTheModelShrinks) {
  AdamW::Options options;
  options.learning_rate = 0.1;
  options.decay = 0.2;
  const Vec start = stages::surrogate(9);
  const Vec w = stages::after<AdamW>(options, {Vec::Zero(37), Vec::Zero(37)}, start);
  EXPECT_TRUE(w.isApprox(0.98 * 0.98 * start, rounding));
}

TEST(AdamW, DecayDoesNotPassThroughTheMoments) {
  // One step is −η g/(|g| + ε) − ηλ w: the decay is not divided by √v̂.
  AdamW::Options options;
  options.learning_rate = 0.1;
  options.decay = 0.5;
  options.epsilon = 1e-3;
  const Vec g = stages::surrogate(0), start = 100 * stages::surrogate(9);
  const Vec w = stages::after<AdamW>(options, {g}, start);
  for (Index j = 0; j < g.size(); ++j) {
    const double expected = start(j) * (1 - 0.1 * 0.5) - 0.1 * g(j) / (std::abs(g(j)) + 1e-3);
    EXPECT_NEAR(w(j), expected, 300 * rounding);  // w is a few hundred
  }
}

}  // namespace
}  // namespace cohort
