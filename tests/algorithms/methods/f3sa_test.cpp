#include "algorithms/methods/f3sa.hpp"

#include "tests/algorithms/bilevel.hpp"

namespace cohort {
namespace {

using drive::table;

// With η = 1 nothing of the last directions remains.
TEST(F3sa, WithoutMomentumIsF2saWithOneInnerStep) {
  const bilevel::Problem problem({.rows = 8, .upper_noise = 0.3, .lower_noise = 0.3});
  const auto method = [](const char* type) {
    return table({{"type", type}, {"noise", "none"}, {"upper_batch", 2}, {"lower_batch", 2}});
  };
  drive::Run f3sa = problem.run(method("f3sa")), f2sa = problem.run(method("f2sa"));
  f3sa.rounds(5);
  f2sa.rounds(5);
  EXPECT_GT(f2sa.x.norm(), 0.0);
  // With T = 1 a path of one point shows no curvature, so "none" runs on samples too.
  EXPECT_EQ(f3sa.x, f2sa.x);
}

// The noise of these rows is additive, so the corrections are exact and only 1 − η of an old error
// remains each round: with the same samples the last directions are less noisy.
TEST(F3sa, MomentumLowersTheNoise) {
  const bilevel::Problem problem({.rows = 64, .upper_noise = 1, .lower_noise = 1});
  const auto error = [&](const char* type, double momentum) {
    double sum = 0;
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      ConfigNode node = table({{"type", type},
                               {"noise", "both"},
                               {"upper_batch", 1},
                               {"lower_batch", 1},
                               {"lower_rate", 0.5},
                               {"multiplier", 5.0},
                               {"ratio", 3.0},
                               {"offset", 20.0}});
      if (momentum > 0) node.set("momentum", drive::Value(momentum));
      drive::Run run = problem.run(node, seed);
      run.rounds(600);
      sum += problem.gradient_norm(run);
    }
    return sum / 5;
  };
  EXPECT_LT(error("f3sa", 0.2), error("f2sa", 0));
}

TEST(F3sa, ExponentsAreThoseOfTheirRates) {
  // 1 − a without momentum's gain where nothing is noisy, 2c + 1 − a − c … : the table of the
  // paper.
  for (const PenaltyExponents& e : F3sa::exponents) EXPECT_NEAR(e.rate, 1 - e.a, 1e-15);
}

}  // namespace
}  // namespace cohort
