// What every registered gossip method must do, whatever it computes.
#include "algorithms/gossip_catalogue.hpp"

#include "tests/algorithms/gossip/nodes.hpp"

namespace cohort {
namespace {

using drive::Nodes;
using drive::table;

class EveryGossipMethod : public testing::TestWithParam<std::string> {
 protected:
  /// What it cannot do without.
  static ConfigNode plain() {
    ConfigNode node = table({{"type", GetParam()}});
    if (GetParam() == "clipped_gossip") node.set("radius", drive::Value(1.0));
    if (GetParam() == "choco_sgd") node.set("consensus_rate", drive::Value(1.0));
    return node;
  }
  /// Batches, and a transform that remembers.
  static ConfigNode options() {
    ConfigNode node = plain();
    node.set("batch_size", drive::Value(3));
    node.set("local", table({{"transforms", drive::list({"momentum"})},
                             {"optimizer", table({{"learning_rate", 0.02}})}}));
    return node;
  }
  const drive::Quadratics function{drive::different_clients(5, 4, 7)};
  const MixingMatrix ring = drive::ring_weights(5);
};

TEST_P(EveryGossipMethod, TheSameSeedGivesTheSameBits) {
  Nodes a(options(), function, drive::equal_weights(5), 3);
  Nodes b(options(), function, drive::equal_weights(5), 3);
  Nodes other(options(), function, drive::equal_weights(5), 4);
  a.rounds(4, ring);
  b.rounds(4, ring);
  other.rounds(4, ring);
  EXPECT_EQ(to_bytes(a), to_bytes(b));
  EXPECT_NE(to_bytes(a), to_bytes(other)) << "another seed has other batches";
}

TEST_P(EveryGossipMethod, ContinuesFromASavedRunToTheBit) {
  Nodes whole(options(), function);
  whole.rounds(3, ring);
  const auto saved = to_bytes(whole);
  whole.rounds(3, ring);
  Nodes restored(options(), function);
  Reader reader(saved);
  restored.fields(reader);
  ASSERT_TRUE(static_cast<bool>(reader.finished()));
  restored.rounds(3, ring);
  EXPECT_EQ(to_bytes(restored), to_bytes(whole));
}

TEST_P(EveryGossipMethod, StaysAtACommonMinimum) {
  drive::QuadraticClient client{Mat::Identity(4, 4), Mat::Zero(4, 6)};  // at x = 0, every row's
  const drive::Quadratics f(std::vector<drive::QuadraticClient>(5, client));
  Nodes nodes(options(), f);
  nodes.rounds(3, ring);
  EXPECT_EQ(nodes.models(), Mat::Zero(4, 5));
}

TEST_P(EveryGossipMethod, TheMeanComesNearerToTheOptimum) {
  Nodes nodes(plain(), function);
  const Vec best = drive::optimum(function, drive::equal_weights(5));
  nodes.rounds(30, ring);
  EXPECT_LT((drive::mean_model(nodes) - best).norm(), 0.5 * best.norm());
}

TEST_P(EveryGossipMethod, TakesNodesWithoutRows) {
  auto clients = drive::different_clients(5, 4, 7);
  clients[1].b.resize(4, 0);
  const drive::Quadratics f(std::move(clients));
  Nodes nodes(options(), f, {0.25, 0.0, 0.25, 0.25, 0.25});
  nodes.rounds(5, ring);
  EXPECT_TRUE(nodes.models().allFinite());
  EXPECT_GT(nodes.x(1).norm(), 0) << "a node without rows follows its neighbours";
}

TEST_P(EveryGossipMethod, SharesWhatItsPhasesDeclare) {
  Nodes nodes(options(), function);
  const auto phases = nodes.method().phases(function.layout());
  std::size_t seen = 0;
  nodes.tamper = [&](std::size_t, Reply& out) {
    const Phase& phase = phases[seen++ / 5 % phases.size()];
    ASSERT_EQ(out.payload().blocks.size(), phase.up.size());
    for (std::size_t b = 0; b < phase.up.size(); ++b) {
      EXPECT_EQ(out.payload().blocks[b].name, phase.up[b].name);
      EXPECT_EQ(out.payload().blocks[b].length, phase.up[b].length);
      EXPECT_TRUE(static_cast<bool>(out.payload().blocks[b].validate()));
    }
  };
  nodes.rounds(2, ring);
  EXPECT_EQ(seen, 2 * 5 * phases.size());
}

INSTANTIATE_TEST_SUITE_P(Registered, EveryGossipMethod, testing::ValuesIn(gossip_methods().names()),
                         [](const auto& of_method) { return of_method.param; });

TEST(GossipCatalogue, EveryEntrySaysWhatItIsAndWhereItIsFrom) {
  for (const auto& e : gossip_methods().entries()) {
    EXPECT_FALSE(e.summary.empty() || e.source.empty()) << e.name;
    for (const OptionInfo& o : e.options) EXPECT_FALSE(o.help.empty()) << e.name << o.name;
  }
}

TEST(GossipCatalogue, RefusesWhatHasNoMeaningThere) {
  Mistakes mistakes;
  make_gossip_method(
      drive::placed(table({{"type", "d_psgd"}, {"server", drive::placed(table({}))}})), "method",
      gossip_methods(), Stages{}, mistakes);
  ASSERT_EQ(mistakes.messages().size(), 1U);
  EXPECT_THAT(mistakes.messages()[0], testing::HasSubstr("no server"));
}

TEST(GossipCatalogue, OnlyWhatCanBeCompressedTakesACompressor) {
  const auto messages = [](const char* type, ConfigNode update) {
    ConfigNode node = table({{"type", type}});
    if (node.find("type")->text() == "choco_sgd") node.set("consensus_rate", drive::Value(0.1));
    node.set("update", drive::placed(std::move(update)));
    Mistakes mistakes;
    make_gossip_method(drive::placed(node), "method", gossip_methods(), Stages{}, mistakes);
    return mistakes.messages();
  };
  EXPECT_THAT(messages("choco_sgd", table({{"compressor", "top_k"}})), testing::IsEmpty());
  EXPECT_THAT(messages("d_psgd", table({{"compressor", "top_k"}})),
              testing::ElementsAre(testing::HasSubstr("d_psgd shares whole models")));
  EXPECT_THAT(messages("choco_sgd",
                       table({{"compressor", "top_k"}, {"transforms", drive::list({"clip"})}})),
              testing::Contains(testing::HasSubstr("expected compressor only")));
}

}  // namespace
}  // namespace cohort
