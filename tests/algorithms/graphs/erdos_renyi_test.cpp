#include "algorithms/graphs/erdos_renyi.hpp"

#include <cmath>

#include "tests/algorithms/graphs/gaps.hpp"

namespace cohort {
namespace {

ErdosRenyi::Options options(double p, std::uint64_t redraw = 0) {
  ErdosRenyi::Options o;
  o.probability = p;
  o.redraw = redraw;
  return o;
}

TEST(ErdosRenyi, EveryPairIsAnEdgeWithItsProbability) {
  constexpr std::uint64_t n = 40, draws = 400;
  constexpr double p = 0.3;
  Mat count = Mat::Zero(n, n);
  for (std::uint64_t t = 0; t < draws; ++t) {
    const Graph g = drawn::graph<ErdosRenyi>(n, options(p, 1), t);
    for (std::uint32_t i = 0; i < n; ++i) {
      for (const auto j : g.neighbours_of(i)) count(i, j) += 1.0 / draws;
    }
  }
  count.diagonal().setConstant(p);
  // 5 standard deviations over 780 pairs: missed with probability 5e-4, were the draws not fixed.
  EXPECT_LT((count.array() - p).abs().maxCoeff(), 5 * std::sqrt(p * (1 - p) / draws));
}

TEST(ErdosRenyi, ProbabilityOneIsTheCompleteGraph) {
  EXPECT_EQ(drawn::graph<ErdosRenyi>(9, options(1.0)).edges(), 36u);
}

TEST(ErdosRenyi, IsConnectedOrRefusedUnlessItIsRedrawn) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    EXPECT_TRUE(is_connected(drawn::graph<ErdosRenyi>(100, {}, 0, seed)));
  }
  EXPECT_THAT(drawn::refusal<ErdosRenyi>(100, options(0.001)),
              testing::HasSubstr("ln n/n = 0.046"));
  EXPECT_FALSE(is_connected(drawn::graph<ErdosRenyi>(100, options(0.001, 1))));
}

TEST(ErdosRenyi, SecondEigenvalueIsNearTwoOverTheRootOfTheDegree) {
  const Graph g = drawn::graph<ErdosRenyi>(400, options(0.06));
  EXPECT_NEAR(spectral_gap(*make_chain(g, BaseChain::simple, {})).second, 2 / std::sqrt(24.0),
              0.04);
}

TEST(ErdosRenyi, RedrawnGraphsStayForTheirRounds) {
  const auto at = [&](std::uint64_t round) {
    return drawn::graph<ErdosRenyi>(30, options(0.2, 3), round);
  };
  EXPECT_EQ(at(0), at(2));
  EXPECT_NE(at(2), at(3));
  EXPECT_EQ(*TopologyOf<ErdosRenyi>(options(0.2, 3)).period({}), 0u);
  EXPECT_EQ(*TopologyOf<ErdosRenyi>(options(0.2)).period({}), 1u);
  EXPECT_NE(drawn::graph<ErdosRenyi>(30, {}, 0, 1), drawn::graph<ErdosRenyi>(30, {}, 0, 2));
}

}  // namespace
}  // namespace cohort
