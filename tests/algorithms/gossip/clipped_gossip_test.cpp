#include "algorithms/gossip/clipped_gossip.hpp"

#include "tests/algorithms/gossip/nodes.hpp"

namespace cohort {
namespace {

using drive::Nodes;
using drive::table;

ConfigNode method(const char* option, double value) {
  ConfigNode node = table({{"type", "clipped_gossip"},
                           {"local", table({{"optimizer", table({{"learning_rate", 0.1}})}})}});
  node.set(option, drive::Value(value));
  return node;
}

TEST(ClippedGossip, ALargeRadiusIsDPsgd) {
  const drive::Quadratics f(drive::different_clients(6, 4, 5));
  Nodes clipped(method("radius", 1e9), f);
  Nodes gossip(table({{"type", "d_psgd"},
                      {"local", table({{"optimizer", table({{"learning_rate", 0.1}})}})}}),
               f);
  clipped.rounds(20, drive::ring_weights(6));
  gossip.rounds(20, drive::ring_weights(6));
  EXPECT_LT((clipped.models() - gossip.models()).norm(), 1e-13 * gossip.models().norm());
}

TEST(ClippedGossip, WhoeverSendsMovesANodeByNoMoreThanItsWeightTimesTheRadius) {
  const drive::Quadratics f(drive::centred_nodes(5, 3));
  for (const double lie : {1e12, -1e300, std::numeric_limits<double>::quiet_NaN(),
                           std::numeric_limits<double>::infinity()}) {
    Nodes honest(method("radius", 0.5), f), attacked(method("radius", 0.5), f);
    attacked.tamper = [&](std::size_t i, Reply& out) {
      if (i == 2) out.values("x").setConstant(lie);
    };
    honest.round(drive::complete_weights(5));
    attacked.round(drive::complete_weights(5));
    for (const std::size_t i : {0U, 1U, 3U, 4U}) {
      // Each moves by at most w τ = 0.1 towards node 2, in both runs.
      EXPECT_LE((honest.x(i) - attacked.x(i)).norm(), 2 * 0.2 * 0.5 + 1e-12) << lie;
    }
  }
}

TEST(ClippedGossip, ByHand) {
  // Node 0 at 0, its neighbours at 3 and 8 (weights 1/3): clipped at 2 it moves by (2 + 2)/3.
  const drive::Quadratics f(drive::centred_nodes(3, 1));
  ConfigNode still = method("radius", 2);
  still.set("local", table({{"optimizer", table({{"learning_rate", 0}})}}));
  Nodes nodes(still, f);
  nodes.x(0)[0] = 0;
  nodes.x(1)[0] = 3;
  nodes.x(2)[0] = 8;
  nodes.round(drive::ring_weights(3));
  EXPECT_NEAR(nodes.x(0)[0], 4.0 / 3, 1e-15);
  EXPECT_NEAR(nodes.x(1)[0], 3 + (-2 + 2) / 3.0, 1e-15);
  EXPECT_NEAR(nodes.x(2)[0], 8 + (-2 - 2) / 3.0, 1e-15);
}

TEST(ClippedGossip, TheRadiusFollowsFromTheNearerNeighbours) {
  // δ = 1/3 leaves the farthest of the two out: τ² = 3 · (1/3) · 3² at node 0.
  const drive::Quadratics f(drive::centred_nodes(3, 1));
  ConfigNode still = method("byzantine_weight", 1.0 / 3);
  still.set("local", table({{"optimizer", table({{"learning_rate", 0}})}}));
  Nodes nodes(still, f);
  nodes.x(0)[0] = 0;
  nodes.x(1)[0] = 3;
  nodes.x(2)[0] = 1e6;
  nodes.round(drive::ring_weights(3));
  EXPECT_NEAR(nodes.x(0)[0], (3.0 + 3.0) / 3, 1e-12);
}

TEST(ClippedGossip, HonestNodesConvergeThoughOneOfElevenLies) {
  const drive::Quadratics f(drive::centred_nodes(11, 3));
  Nodes clipped(method("byzantine_weight", 1.0 / 11), f);
  Nodes plain(table({{"type", "d_psgd"},
                     {"local", table({{"optimizer", table({{"learning_rate", 0.1}})}})}}),
              f);
  const auto lie = [](std::size_t i, Reply& out) {
    if (i == 10) out.values("x").setConstant(-1e4);
  };
  clipped.tamper = plain.tamper = lie;
  clipped.rounds(100, drive::complete_weights(11));
  plain.rounds(100, drive::complete_weights(11));
  std::vector<double> honest(11, 0.1);
  honest[10] = 0;
  const Vec best = drive::optimum(f, honest);
  const auto off = [&](Nodes& nodes) { return (nodes.x(0) - best).norm(); };
  EXPECT_LT(off(clipped), 3.0);  // the nodes' own optima lie up to 9 apart in every coordinate
  EXPECT_GT(off(plain), 1e3);
}

TEST(ClippedGossip, NeedsOneWayToKnowTheRadius) {
  for (ConfigNode node :
       {table({{"type", "clipped_gossip"}}),
        table({{"type", "clipped_gossip"}, {"radius", 1}, {"byzantine_weight", 0.1}})}) {
    Mistakes mistakes;
    make_gossip_method(drive::placed(node), "method", gossip_methods(), Stages{}, mistakes);
    ASSERT_EQ(mistakes.messages().size(), 1U);
    EXPECT_THAT(mistakes.messages()[0], testing::HasSubstr("expected radius or byzantine_weight"));
  }
}

}  // namespace
}  // namespace cohort
