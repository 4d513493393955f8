#include "algorithms/methods/amigo.hpp"

#include "tests/algorithms/bilevel.hpp"

namespace cohort {
namespace {

using drive::table;

TEST(Amigo, ReachesTheSolution) {
  const bilevel::Problem problem;
  drive::Run run = problem.run(
      table({{"type", "amigo"}, {"lower_rate", 0.5}, {"upper_rate", 0.1}, {"solver_rate", 0.5}}));
  run.rounds(600);
  EXPECT_LT(problem.error(run), 1e-6);
}

}  // namespace
}  // namespace cohort
