#include "algorithms/graphs/random_regular.hpp"

#include <cmath>

#include "tests/algorithms/graphs/gaps.hpp"

namespace cohort {
namespace {

RandomRegular::Options of_degree(std::uint64_t d) {
  RandomRegular::Options o;
  o.degree = d;
  return o;
}

TEST(RandomRegular, EveryNodeHasTheDegree) {
  for (const auto& [n, d] :
       {std::pair{4u, 2u}, {5u, 2u}, {6u, 5u}, {7u, 4u}, {10u, 7u}, {50u, 3u}, {101u, 10u}}) {
    const Graph g = drawn::graph<RandomRegular>(n, of_degree(d));
    EXPECT_EQ(degrees(g).min, d) << n;
    EXPECT_EQ(degrees(g).max, d) << n;
  }
  EXPECT_THAT(drawn::refusal<RandomRegular>(5, of_degree(3)), testing::HasSubstr("even"));
  EXPECT_THAT(drawn::refusal<RandomRegular>(4, of_degree(4)), testing::HasSubstr("degree < nodes"));
  EXPECT_THAT(drawn::refusal<RandomRegular>(6, of_degree(1)), testing::HasSubstr("3 or more"));
}

TEST(RandomRegular, RateIsThatOfAlonAndBoppana) {
  const Graph g = drawn::graph<RandomRegular>(400, of_degree(6));
  EXPECT_NEAR(1 - drawn::gap(g), (1 + 2 * std::sqrt(5.0)) / 7, 0.02);
}

TEST(RandomRegular, EveryPairIsAnEdgeEquallyOften) {
  constexpr std::uint64_t n = 12, draws = 600;
  RandomRegular::Options o = of_degree(3);
  o.redraw = 1;
  Mat count = Mat::Zero(n, n);
  for (std::uint64_t t = 0; t < draws; ++t) {
    const Graph g = drawn::graph<RandomRegular>(n, o, t);
    for (std::uint32_t i = 0; i < n; ++i) {
      for (const auto j : g.neighbours_of(i)) count(i, j) += 1.0 / draws;
    }
  }
  constexpr double p = 3.0 / 11;
  count.diagonal().setConstant(p);
  EXPECT_LT((count.array() - p).abs().maxCoeff(), 5 * std::sqrt(p * (1 - p) / draws));
}

}  // namespace
}  // namespace cohort
