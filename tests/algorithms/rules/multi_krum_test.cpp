#include "algorithms/rules/multi_krum.hpp"

#include "tests/algorithms/aggregation_rows.hpp"

namespace cohort {
namespace {

Vec weights(const MultiKrum::Options& options, const Mat& x, std::size_t f) {
  return *rows::rule<MultiKrum>(options).weights(rows::measured(x), rows::input(f));
}

// n = 6, f = 1: three neighbours. 0: 1 + 4 + 9, 1: 1 + 1 + 16, 2: 1 + 4 + 25, −3: 9 + 16 + 25,
// 30: 1 + 28² + 29² and 31: 1 + 29² + 30².
TEST(MultiKrum, IsTheMeanOfTheBestScores) {
  const Mat x = rows::matrix({{1}, {31}, {2}, {0}, {-3}, {30}});
  const auto of = [&](std::size_t m) { return weights({KrumNeighbours::n_f_2, m}, x, 1); };
  const double third = 1.0 / 3;
  EXPECT_EQ(of(2), rows::vector({.5, 0, 0, .5, 0, 0, 0}));
  EXPECT_EQ(of(3), rows::vector({third, 0, third, third, 0, 0, 0}));
  EXPECT_EQ(of(0), rows::vector({.2, 0, .2, .2, .2, .2, 0})) << "n - f of them by default";
  EXPECT_EQ(of(9), weights({KrumNeighbours::n_f_2, 6}, x, 1)) << "no more than there are";
}

TEST(MultiKrum, OfOneRowIsKrum) {
  for (const auto neighbours : {KrumNeighbours::n_f_2, KrumNeighbours::n_f_1}) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      const Mat x = rows::normal(9, 4, seed);
      EXPECT_EQ(weights({neighbours, 1}, x, 3),
                *rows::rule<Krum>({neighbours}).weights(rows::measured(x), rows::input(3)));
    }
  }
}

// MultiKrum(f = 1) of ByzFL's documentation, which sums over n − f − 1 neighbours.
TEST(MultiKrum, GivesTheExampleOfThePublicLibrary) {
  EXPECT_EQ(weights({KrumNeighbours::n_f_1, 0}, rows::one_to_nine(), 1),
            rows::vector({.5, .5, 0, 0}));
}

TEST(MultiKrum, ToleratesUpToHalfOfAllButThree) {
  const auto rule = rows::rule<MultiKrum>();
  EXPECT_TRUE(rule.needs_f());
  EXPECT_EQ(rule.tolerated(2), 0U);
  EXPECT_EQ(rule.tolerated(8), 2U);
  EXPECT_EQ(rule.tolerated(9), 3U);
}

}  // namespace
}  // namespace cohort
