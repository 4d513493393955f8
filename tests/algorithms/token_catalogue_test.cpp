// What every registered token method must do, whatever it computes.
#include "algorithms/token_catalogue.hpp"

#include "tests/algorithms/gossip/nodes.hpp"
#include "tests/algorithms/tokens/walking.hpp"

namespace cohort {
namespace {

using drive::table;
using drive::Tokens;

class EveryTokenMethod : public testing::TestWithParam<std::string> {
 protected:
  /// What it cannot do without, batches, and a transform that remembers.
  static ConfigNode options() {
    ConfigNode node = table({{"type", GetParam()},
                             {"batch_size", 3},
                             {"local", table({{"transforms", drive::list({"momentum"})},
                                              {"optimizer", table({{"learning_rate", 0.02}})}})}});
    if (GetParam() == "clipped_token") node.set("radius", drive::Value(1.0));
    return node;
  }
  const drive::Quadratics function{drive::different_clients(6, 4, 7)};
  const Graph graph = drive::chorded_ring(6);
  const ConfigNode kernel = table({{"type", "srrw"}, {"alpha", 3.0}});
};

TEST_P(EveryTokenMethod, TheSameSeedGivesTheSameBits) {
  Tokens a(options(), function, graph, kernel, 2, {}, 3),
      b(options(), function, graph, kernel, 2, {}, 3);
  Tokens other(options(), function, graph, kernel, 2, {}, 4);
  a.hops(20);
  b.hops(20);
  other.hops(20);
  EXPECT_EQ(to_bytes(a), to_bytes(b));
  EXPECT_NE(to_bytes(a), to_bytes(other)) << "another seed has other hops and batches";
}

TEST_P(EveryTokenMethod, ContinuesFromASavedRunToTheBit) {
  Tokens whole(options(), function, graph, kernel, 2);
  whole.hops(15);
  const auto saved = to_bytes(whole);
  whole.hops(15);
  Tokens restored(options(), function, graph, kernel, 2);
  Reader reader(saved);
  restored.fields(reader);
  ASSERT_TRUE(static_cast<bool>(reader.finished()));
  restored.hops(15);
  EXPECT_EQ(to_bytes(restored), to_bytes(whole));
}

TEST_P(EveryTokenMethod, StaysAtACommonMinimum) {
  drive::QuadraticClient client{Mat::Identity(4, 4), Mat::Zero(4, 6)};  // at x = 0, every row's
  const drive::Quadratics f(std::vector<drive::QuadraticClient>(6, client));
  Tokens token(options(), f, graph, kernel);
  token.hops(20);
  EXPECT_EQ(token.x(), Vec::Zero(4));
}

TEST_P(EveryTokenMethod, ComesNearerToTheOptimum) {
  Tokens token(options(), function, graph, kernel);
  const Vec best = drive::optimum(function, drive::equal_weights(6));
  token.hops(600);
  EXPECT_LT((token.x() - best).norm(), 0.5 * best.norm());
}

TEST_P(EveryTokenMethod, TakesNodesWithoutRows) {
  auto clients = drive::different_clients(6, 4, 7);
  clients[1].b.resize(4, 0);
  const drive::Quadratics f(std::move(clients));
  Tokens token(options(), f, graph, kernel, 1, {0.2, 0.0, 0.2, 0.2, 0.2, 0.2});
  token.hops(50);
  EXPECT_TRUE(token.x().allFinite());
  EXPECT_GT(token.x().norm(), 0);
}

INSTANTIATE_TEST_SUITE_P(Registered, EveryTokenMethod, testing::ValuesIn(token_methods().names()),
                         [](const auto& of_method) { return of_method.param; });

TEST(TokenCatalogue, EveryEntrySaysWhatItIsAndWhereItIsFrom) {
  for (const auto& e : token_methods().entries()) {
    EXPECT_FALSE(e.summary.empty() || e.source.empty()) << e.name;
    for (const OptionInfo& o : e.options) EXPECT_FALSE(o.help.empty()) << e.name << o.name;
  }
}

TEST(TokenCatalogue, RefusesWhatIsSentToAServer) {
  Mistakes mistakes;
  make_token_method(
      drive::placed(table({{"type", "random_walk_sgd"}, {"server", drive::placed(table({}))}})),
      "method", token_methods(), Stages{}, mistakes);
  EXPECT_THAT(mistakes.messages(), testing::ElementsAre(testing::HasSubstr("no server")));
}

}  // namespace
}  // namespace cohort
