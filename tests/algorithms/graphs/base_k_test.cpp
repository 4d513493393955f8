#include "algorithms/graphs/base_k.hpp"

#include "algorithms/mixing/edge_weights.hpp"
#include "tests/algorithms/graphs/drawn.hpp"

namespace cohort {
namespace {

TEST(BaseK, ACycleAveragesAnyNumberOfNodesExactlyWithinTheDegree) {
  for (const std::uint64_t k : {1u, 2u, 3u}) {
    for (std::uint64_t n = 2; n <= 34; ++n) {
      const TopologyOf<BaseK> base({{n}, k});
      const auto size = static_cast<Index>(n);
      Mat product = Mat::Identity(size, size);
      for (std::uint64_t t = 0; t < *base.period({}); ++t) {
        const Graph g = *base.graph({0, 1, t});
        EXPECT_LE(degrees(g).max, k) << n << " nodes, round " << t;
        const auto w = MixingOf<EdgeWeights>({}).matrix(g);
        EXPECT_TRUE(check_doubly_stochastic("edge_weights", *w));
        product = drawn::dense(*w) * product;
      }
      EXPECT_LT((product.array() - 1.0 / static_cast<double>(n)).abs().maxCoeff(), 1e-14)
          << n << " nodes of degree " << k;
    }
  }
}

TEST(BaseK, IsTheHyperHypercubeOfSmoothSizes) {
  EXPECT_EQ(*TopologyOf<BaseK>({{16}, 1}).period({}), 4u);
  EXPECT_EQ(*TopologyOf<BaseK>({{12}, 2}).period({}), 3u);  // 3 · 2 · 2
  EXPECT_EQ(*TopologyOf<BaseK>({{5}, 4}).period({}), 1u);   // all at once
  // 5 = 4 + 1: the four agree in 2, meet the last in 1, the parts agree in 2.
  EXPECT_EQ(*TopologyOf<BaseK>({{5}, 1}).period({}), 5u);
}

}  // namespace
}  // namespace cohort
