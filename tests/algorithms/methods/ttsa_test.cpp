#include "algorithms/methods/ttsa.hpp"

#include "tests/algorithms/bilevel.hpp"

namespace cohort {
namespace {

using drive::table;

// Over p the randomised products have the mean of the N-term series, which is stocbio's of N − 1.
TEST(Ttsa, MeanOverDrawsIsTheNeumannSeries) {
  const bilevel::Problem problem({.upper_dimension = 2, .lower_dimension = 3}, 2);
  Vec start = Vec::Ones(5);
  const auto direction = [&](const char* type, const char* count, int value, std::uint64_t seed) {
    drive::Run run = problem.run(table({{"type", type},
                                        {"inner_steps", 1},
                                        {count, value},
                                        {"solver_rate", 0.5},
                                        {"lower_rate", 0.1},
                                        {"upper_rate", 1.0}}),
                                 seed);
    run.x = start;
    run.round();
    return Vec(start.head(2) - problem.x(run));
  };
  Vec mean = Vec::Zero(2);
  constexpr std::uint64_t draws = 2000;
  for (std::uint64_t s = 1; s <= draws; ++s)
    mean += direction("ttsa", "terms", 4, s) / static_cast<double>(draws);
  const Vec series = direction("stocbio", "solver_steps", 3, 1);
  // A draw's deviation is at most N terms of size ‖f_y‖/2: 3 standard errors of 2000.
  EXPECT_LT((mean - series).norm(), 0.1 * series.norm());
  EXPECT_GT((direction("ttsa", "terms", 4, 1) - direction("ttsa", "terms", 4, 2)).norm() +
                (direction("ttsa", "terms", 4, 1) - direction("ttsa", "terms", 4, 3)).norm(),
            0.01);
}

}  // namespace
}  // namespace cohort
