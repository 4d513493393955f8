#include "algorithms/graphs/random_peers.hpp"

namespace cohort {
namespace {

TEST(RandomPeers, EveryNodeSendsToSoManyOthersDrawnAnew) {
  const RandomPeers topology{{{}, 3}};
  const Graph first = *topology.graph({12, 1, 0});
  for (std::uint64_t i = 0; i < 12; ++i) {
    EXPECT_EQ(first.degree(i), 3U);
    EXPECT_FALSE(first.has_edge(i, i));
  }
  EXPECT_NE(first, *topology.graph({12, 1, 1}));
  EXPECT_EQ(first, *topology.graph({12, 1, 0}));
  EXPECT_FALSE(topology.graph({3, 1, 0}));
}

}  // namespace
}  // namespace cohort
