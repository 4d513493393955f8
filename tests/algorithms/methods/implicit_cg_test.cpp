#include "algorithms/methods/implicit_cg.hpp"

#include "tests/algorithms/bilevel.hpp"

namespace cohort {
namespace {

using drive::table;

// At y* with n products nothing is left but rounding.
TEST(ImplicitCg, HypergradientIsExactWithEnoughSteps) {
  const bilevel::Problem problem;
  const Vec start = Vec::Ones(problem.function->start().size());
  const Vec direction = bilevel::step_direction(problem,
                                                table({{"type", "implicit_cg"},
                                                       {"inner_steps", 1000},
                                                       {"lower_rate", 1.0},
                                                       {"upper_rate", 1.0}}),
                                                1.0, start);
  const Vec exact = problem.quadratic().hypergradient(problem.weights, start.head(problem.upper()));
  EXPECT_LT((direction - exact).norm(), 1e-9 * exact.norm());  // the tolerance of 1e-10 times κ
}

TEST(ImplicitCg, ReachesTheSolution) {
  const bilevel::Problem problem;
  drive::Run run =
      problem.run(table({{"type", "implicit_cg"}, {"lower_rate", 0.5}, {"upper_rate", 0.1}}));
  run.rounds(300);
  EXPECT_LT(problem.error(run), 1e-6);
}

}  // namespace
}  // namespace cohort
