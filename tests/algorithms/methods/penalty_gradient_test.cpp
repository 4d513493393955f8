#include "algorithms/methods/penalty_gradient.hpp"

#include <Eigen/LU>
#include "tests/algorithms/bilevel.hpp"

namespace cohort {
namespace {

using drive::table;

/// ‖hypergradient − ∇F‖ at y(λ), y(−λ), which 3000 steps of rate 0.5 reach to rounding.
double error_of(const bilevel::Problem& problem, const char* difference, double lambda) {
  Vec start = Vec::Ones(problem.function->start().size());
  const Vec direction = bilevel::step_direction(problem,
                                                table({{"type", "penalty_gradient"},
                                                       {"difference", difference},
                                                       {"inner_steps", 3000},
                                                       {"lower_rate", 0.5},
                                                       {"upper_rate", 1.0},
                                                       {"multiplier", lambda}}),
                                                1.0, start);
  return (direction -
          problem.quadratic().hypergradient(problem.weights, start.head(problem.upper())))
      .norm();
}

// Ten times the λ: an error ten times smaller forward, a hundred times central; the next term of
// the expansion is 1/λ smaller, κ = 10 of them.
TEST(PenaltyGradient, ErrorsAreOfFirstAndSecondOrder) {
  const bilevel::Problem problem;
  EXPECT_NEAR(error_of(problem, "forward", 1e3) / error_of(problem, "forward", 1e4), 10, 0.2);
  EXPECT_NEAR(error_of(problem, "central", 1e3) / error_of(problem, "central", 1e4), 100, 2);
}

// f_y = Qy − q at y(λ) = (H + Q/λ)⁻¹(Cx + e + q/λ): the hypergradient is ρx + Cᵀ(H + Q/λ)⁻¹ r.
TEST(PenaltyGradient, ForwardIsTheClosedFormOfTheQuadratic) {
  const bilevel::Problem problem;
  const Vec start = Vec::Ones(problem.function->start().size());
  const Index m = problem.upper(), n = start.size() - m;
  const auto& lower = dynamic_cast<const QuadraticLevel&>(*problem.function->lower());
  const Mat f = problem.quadratic().mean_matrix(problem.weights);
  const Mat g = lower.mean_matrix(problem.weights);
  const Vec x = start.head(m);
  const Vec r = f.bottomRightCorner(n, n) * problem.quadratic().lower_solution(problem.weights, x) -
                problem.quadratic().mean_linear(problem.weights).tail(n);
  const double lambda = 50;
  const Mat penalised = g.bottomRightCorner(n, n) + f.bottomRightCorner(n, n) / lambda;
  const Vec expected = f.topLeftCorner(m, m) * x -
                       g.bottomLeftCorner(n, m).transpose() * penalised.partialPivLu().solve(r);
  const Vec direction = bilevel::step_direction(problem,
                                                table({{"type", "penalty_gradient"},
                                                       {"difference", "forward"},
                                                       {"inner_steps", 3000},
                                                       {"lower_rate", 0.5},
                                                       {"upper_rate", 1.0},
                                                       {"multiplier", lambda}}),
                                                1.0, start);
  EXPECT_LT((direction - expected).norm(), 1e-11 * expected.norm());  // λ × rounding of y − z
}

TEST(PenaltyGradient, ReachesTheSolution) {
  const bilevel::Problem problem;
  drive::Run run =
      problem.run(table({{"type", "penalty_gradient"}, {"lower_rate", 0.5}, {"upper_rate", 0.05}}));
  run.rounds(400);
  EXPECT_LT(problem.error(run), 5e-3);  // O(κ²/λ²)
}

}  // namespace
}  // namespace cohort
