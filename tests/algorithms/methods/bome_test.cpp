#include "algorithms/methods/bome.hpp"

#include "tests/algorithms/bilevel.hpp"

namespace cohort {
namespace {

using drive::table;

// ⟨q, ∇f + λq⟩ = max(φ, ⟨∇f, q⟩)
TEST(Bome, OneRoundFollowsTheBox) {
  const bilevel::Problem problem({.upper_dimension = 2, .lower_dimension = 3}, 2);
  drive::Run run = problem.run(
      table({{"type", "bome"}, {"inner_steps", 3}, {"lower_rate", 0.4}, {"upper_rate", 0.25}}));
  const auto& lower = dynamic_cast<const QuadraticLevel&>(*problem.function->lower());
  const Mat g = lower.mean_matrix(problem.weights);
  const Vec linear = lower.mean_linear(problem.weights);
  run.x = Vec::Ones(5);
  Vec w = run.x, z = w;
  for (int t = 0; t < 3; ++t) z.tail(3) -= 0.4 * (g * z - linear).tail(3);
  const Vec f = problem.quadratic().mean_matrix(problem.weights) * w -
                problem.quadratic().mean_linear(problem.weights);
  Vec q = g * w - linear;
  q.head(2) -= (g * z - linear).head(2);
  const double lambda = std::max(0.0, 0.5 - f.dot(q) / q.squaredNorm());
  EXPECT_NEAR(q.dot(f + lambda * q), std::max(0.5 * q.squaredNorm(), f.dot(q)), 1e-12);
  run.round();
  EXPECT_TRUE(run.x.isApprox(w - 0.25 * (f + lambda * q), 1e-13));
}

TEST(Bome, ComesCloseToTheSolution) {
  const bilevel::Problem problem;
  drive::Run run = problem.run(
      table({{"type", "bome"}, {"inner_steps", 20}, {"lower_rate", 0.5}, {"upper_rate", 0.02}}));
  const double start = problem.error(run);
  run.rounds(4000);
  EXPECT_LT(problem.error(run), 0.2 * start);
}

}  // namespace
}  // namespace cohort
