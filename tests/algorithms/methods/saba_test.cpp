#include "algorithms/methods/saba.hpp"

#include "core/random.hpp"
#include "tests/algorithms/bilevel.hpp"

namespace cohort {
namespace {

using drive::table;

TEST(Saba, WithEveryClientInEveryRoundIsSoba) {
  const bilevel::Problem problem;
  const auto method = [](const char* type) {
    return table({{"type", type}, {"lower_rate", 0.3}, {"upper_rate", 0.01}});
  };
  drive::Run saba = problem.run(method("saba")), soba = problem.run(method("soba"));
  saba.rounds(40);
  soba.rounds(40);
  EXPECT_LT((saba.x - soba.x).norm(), 1e-12 * soba.x.norm());
}

// Constant rates and one client a round: SOBA stays where its variance is, SABA does not.
TEST(Saba, OneClientARoundReachesTheSolution) {
  const bilevel::Problem problem({.spread = 0.3}, 4);
  const auto error = [&](const char* type) {
    drive::Run run =
        problem.run(table({{"type", type}, {"lower_rate", 0.1}, {"upper_rate", 0.001}}));
    for (std::uint64_t k = 0; k < 16000; ++k) {
      run.round({Stream(3, Purpose::test, k).sub(0).bits_at(0) % 4});
    }
    return problem.error(run);
  };
  EXPECT_LT(error("saba"), 1e-6);
  EXPECT_GT(error("soba"), 1e-4);
}

}  // namespace
}  // namespace cohort
