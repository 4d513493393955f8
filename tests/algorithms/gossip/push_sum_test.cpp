#include "algorithms/gossip/push_sum.hpp"

#include "algorithms/mixing/push.hpp"
#include "tests/algorithms/gossip/nodes.hpp"

namespace cohort {
namespace {

using drive::Nodes;
using drive::table;

/// A directed ring with one chord, whose nodes send to 1 or 2 others.
MixingMatrix lopsided(std::uint32_t n) {
  std::vector<Edge> edges = {{0, n / 2}};
  for (std::uint32_t i = 0; i < n; ++i) edges.push_back({i, (i + 1) % n});
  return PushWeights{}.matrix(make_graph(n, edges, true));
}
ConfigNode method(const ConfigNode& rate) {
  return table(
      {{"type", "push_sum"}, {"local", table({{"optimizer", table({{"learning_rate", rate}})}})}});
}

TEST(PushSum, AveragesOnADirectedGraphWhoseWeightsDoNot) {
  // A step of rate 1 in the first round puts node i at c_i; then nothing but averaging.
  const drive::Quadratics f(drive::centred_nodes(6, 3));
  Nodes nodes(method(table({{"type", "step"}, {"start", 1}, {"every", 1}, {"factor", 0}})), f);
  nodes.rounds(200, lopsided(6));
  EXPECT_LT(drive::farthest(nodes, drive::optimum(f, drive::equal_weights(6))), 1e-12);
}

TEST(PushSum, MassAndSumAreKept) {
  const drive::Quadratics f(drive::centred_nodes(6, 3));
  Nodes nodes(method(drive::Value(0.2)), f);
  Vec sum = Vec::Zero(3);
  for (int r = 0; r < 20; ++r) {
    for (std::size_t i = 0; i < 6; ++i) sum -= 0.2 * (nodes.x(i) - f.clients()[i].centre());
    nodes.round(lopsided(6));
    Vec numerators = Vec::Zero(3);
    double mass = 0;
    for (std::size_t i = 0; i < 6; ++i) {
      const auto& state = nodes.state<PushSum::NodeState>(i);
      numerators += state.numerator;
      mass += state.mass;
      EXPECT_LT((state.numerator / state.mass - nodes.x(i)).norm(), 1e-15 * nodes.x(i).norm());
    }
    EXPECT_NEAR(mass, 6, 1e-14);
    EXPECT_LT((numerators - sum).norm(), 1e-13 * sum.norm());  // 20 rounds of rounding
  }
  EXPECT_GT(std::abs(nodes.state<PushSum::NodeState>(0).mass - 1), 0.05) << "masses differ";
}

TEST(PushSum, WithADoublyStochasticMatrixItIsDPsgd) {
  const drive::Quadratics f(drive::different_clients(6, 4, 5));
  Nodes pushed(method(drive::Value(0.1)), f);
  Nodes gossip(table({{"type", "d_psgd"},
                      {"local", table({{"optimizer", table({{"learning_rate", 0.1}})}})}}),
               f);
  pushed.rounds(30, drive::ring_weights(6));
  gossip.rounds(30, drive::ring_weights(6));
  EXPECT_LT((pushed.models() - gossip.models()).norm(), 1e-13 * gossip.models().norm());
}

TEST(PushSum, ASmallRateComesNearTheOptimumOfADirectedGraph) {
  const drive::Quadratics f(drive::different_clients(6, 4, 5));
  Nodes nodes(method(drive::Value(0.01)), f);
  nodes.rounds(1000, lopsided(6));
  EXPECT_LT(drive::farthest(nodes, drive::optimum(f, drive::equal_weights(6))), 0.1);  // O(η)
}

}  // namespace
}  // namespace cohort
