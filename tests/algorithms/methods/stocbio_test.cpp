#include "algorithms/methods/stocbio.hpp"

#include "core/linalg.hpp"
#include "tests/algorithms/bilevel.hpp"

namespace cohort {
namespace {

using drive::table;

/// The hypergradient's relative error at y* with J products of step 1.
double error_with(const bilevel::Problem& problem, int products) {
  Vec start = Vec::Ones(problem.function->start().size());
  const Index m = problem.upper();
  start.tail(start.size() - m) = problem.quadratic().lower_solution(problem.weights, start.head(m));
  const Vec direction = bilevel::step_direction(problem,
                                                table({{"type", "stocbio"},
                                                       {"inner_steps", 1},
                                                       {"solver_steps", products},
                                                       {"solver_rate", 1.0},
                                                       {"lower_rate", 1.0},
                                                       {"upper_rate", 1.0}}),
                                                1.0, start);
  const Vec exact = problem.quadratic().hypergradient(problem.weights, start.head(m));
  return (direction - exact).norm();
}

// The slowest term is (1 − αμ)^{J+1}; μ of the mean Hessian.
TEST(StocBio, NeumannErrorFallsByItsFactor) {
  const bilevel::Problem problem;
  const auto& lower = dynamic_cast<const QuadraticLevel&>(*problem.function->lower());
  const Index n = problem.function->start().size() - problem.upper();
  const Eigensystem h =
      symmetric_eigensystem(lower.mean_matrix(problem.weights).bottomRightCorner(n, n), false);
  const double factor = error_with(problem, 61) / error_with(problem, 60);
  EXPECT_NEAR(factor, 1 - h.values[0], 0.01 * factor);
}

// d y_{J+1} / dx of y ← y − α g_y from y*: the unrolled derivative, by its own recursion.
TEST(StocBio, EqualsUnrolledStepsAtTheSolution) {
  const bilevel::Problem problem;
  const auto& lower = dynamic_cast<const QuadraticLevel&>(*problem.function->lower());
  const Index m = problem.upper(), n = problem.function->start().size() - m;
  const Mat g = lower.mean_matrix(problem.weights),
            f = problem.quadratic().mean_matrix(problem.weights);
  const double alpha = 0.7;
  const int products = 4;
  Mat jacobian = Mat::Zero(n, m);
  for (int t = 0; t <= products; ++t) {
    jacobian =
        Mat(jacobian - alpha * (g.bottomRightCorner(n, n) * jacobian + g.bottomLeftCorner(n, m)));
  }
  Vec start = Vec::Ones(m + n);
  start.tail(n) = problem.quadratic().lower_solution(problem.weights, start.head(m));
  const Vec of_f = f * start - problem.quadratic().mean_linear(problem.weights);
  const Vec unrolled = of_f.head(m) + jacobian.transpose() * of_f.tail(n);
  const Vec direction = bilevel::step_direction(problem,
                                                table({{"type", "stocbio"},
                                                       {"inner_steps", 1},
                                                       {"solver_steps", products},
                                                       {"solver_rate", alpha},
                                                       {"upper_rate", 1.0}}),
                                                1.0, start);
  EXPECT_LT((direction - unrolled).norm(), 1e-12 * unrolled.norm());
}

}  // namespace
}  // namespace cohort
