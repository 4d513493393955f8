#include "algorithms/graphs/one_peer_exponential.hpp"

#include "tests/algorithms/graphs/gaps.hpp"

namespace cohort {
namespace {

/// The product of the matrices of one cycle.
Mat cycle(std::uint64_t n) {
  Mat product = Mat::Identity(static_cast<Index>(n), static_cast<Index>(n));
  const std::uint64_t rounds = *TopologyOf<OnePeerExponential>({}).period({n});
  for (std::uint64_t t = 0; t < rounds; ++t) {
    product = drawn::mixed<UniformWeights>(drawn::graph<OnePeerExponential>(n, {}, t)) * product;
  }
  return product;
}

TEST(OnePeerExponential, ACycleAveragesAPowerOfTwoNodesExactly) {
  for (const std::uint64_t n : {2u, 4u, 8u, 16u, 64u}) {
    EXPECT_EQ(cycle(n), Mat::Constant(static_cast<Index>(n), static_cast<Index>(n),
                                      1.0 / static_cast<double>(n)));
  }
}

TEST(OnePeerExponential, ACycleOfOtherSizesDoesNot) {
  // The values of an independent computation.
  EXPECT_NEAR((cycle(6).array() - 1.0 / 6).abs().maxCoeff(), 0.083, 5e-4);
  EXPECT_NEAR((cycle(12).array() - 1.0 / 12).abs().maxCoeff(), 0.042, 5e-4);
}

TEST(OnePeerExponential, EachRoundSendsOnceTwiceAsFar) {
  for (const auto& [round, receiver] : {std::pair{0u, 5u}, {1u, 6u}, {2u, 0u}, {3u, 5u}}) {
    const Graph g = drawn::graph<OnePeerExponential>(8, {}, round);
    EXPECT_EQ(g.edges(), 8u);
    EXPECT_THAT(drawn::neighbours(g, 4), testing::ElementsAre(receiver));
  }
}

}  // namespace
}  // namespace cohort
