#include "algorithms/optimizers/lion.hpp"

#include "tests/algorithms/stages.hpp"

namespace cohort {
namespace {

TEST(Lion, EveryCoordinateMovesByTheRateWhateverTheScale) {
  Lion::Options options;
  options.learning_rate = 0.25;
  const auto g = stages::surrogates(3);
  const Vec w = stages::after<Lion>(options, g, Vec::Zero(37));
  EXPECT_EQ(w, stages::after<Lion>(options, g, Vec::Zero(37), 1024.0));
  const Vec first = stages::after<Lion>(options, {g[0]}, Vec::Zero(37));
  EXPECT_EQ(first, Vec(-0.25 * g[0].array().sign()));
}

TEST(Lion, StepsWithOneBlendAndRemembersWithAnother) {
  // g = 1, then −1: m₁ = 0.01, c₂ = 0.9 · 0.01 − 0.1 < 0, so the second step turns back.
  Lion::Options options;
  options.learning_rate = 1.0;
  const Vec w = stages::after<Lion>(options, {Vec::Ones(1), Vec::Constant(1, -1.0)}, Vec::Zero(1));
  EXPECT_EQ(w[0], 0);
  // After a hundred ones m = 1 − 0.99^100 ≈ 0.63 and c = 0.57 − 0.1 > 0: it goes on.
  std::vector<Vec> many(100, Vec::Ones(1));
  const double before = stages::after<Lion>(options, many, Vec::Zero(1))[0];
  many.push_back(Vec::Constant(1, -1.0));
  EXPECT_EQ(stages::after<Lion>(options, many, Vec::Zero(1))[0], before - 1);
}

TEST(Lion, DecayShrinksTheModel) {
  Lion::Options options;
  options.learning_rate = 0.1;
  options.decay = 0.5;
  EXPECT_DOUBLE_EQ(stages::after<Lion>(options, {Vec::Zero(1)}, Vec::Ones(1))[0], 0.95);
}

}  // namespace
}  // namespace cohort
