#include "algorithms/methods/soba.hpp"

#include "tests/algorithms/bilevel.hpp"

namespace cohort {
namespace {

using drive::table;

TEST(Soba, ReachesTheSolution) {
  const bilevel::Problem problem;
  drive::Run run =
      problem.run(table({{"type", "soba"}, {"lower_rate", 0.5}, {"upper_rate", 0.01}}));
  run.rounds(4000);
  EXPECT_LT(problem.error(run), 1e-6);
}

// Identical clients are the one client that they all are: sums of equal terms, so to rounding.
TEST(Soba, IdenticalClientsEqualOne) {
  const bilevel::Problem one({.spread = 0}, 1), many({.spread = 0}, 4);
  const ConfigNode method = table({{"type", "soba"}});
  drive::Run a = one.run(method), b = many.run(method);
  a.rounds(50);
  b.rounds(50);
  EXPECT_LT((a.x - b.x).norm(), 1e-12 * a.x.norm());
}

}  // namespace
}  // namespace cohort
