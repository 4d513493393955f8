#include "algorithms/tokens/clipped_token.hpp"

#include <limits>

#include "tests/algorithms/gossip/nodes.hpp"
#include "tests/algorithms/tokens/walking.hpp"

namespace cohort {
namespace {

using drive::table;
using drive::Tokens;

ConfigNode method(const char* name, double radius = 0) {
  ConfigNode node =
      table({{"type", name}, {"local", table({{"optimizer", table({{"learning_rate", 0.05}})}})}});
  if (radius > 0) node.set("radius", config_value(radius));
  return node;
}

class ClippedTokenTest : public testing::Test {
 protected:
  const drive::Quadratics f{drive::centred_nodes(6, 3)};
  const Graph graph = drive::chorded_ring(6);
  const ConfigNode kernel = config_value(std::string("metropolis_hastings"));
};

TEST_F(ClippedTokenTest, LeavesHonestTokensToTheBit) {
  double longest = 0;  // of an honest hop: η times the farthest that a model can be from a centre
  for (const auto& c : f.clients()) longest = std::max(longest, 0.05 * 2 * c.centre().norm());
  Tokens clipped(method("clipped_token", longest), f, graph, kernel, 2);
  Tokens plain(method("random_walk_sgd"), f, graph, kernel, 2);
  clipped.hops(300);
  plain.hops(300);
  EXPECT_EQ(clipped.x(0), plain.x(0));
  EXPECT_EQ(clipped.x(1), plain.x(1));
}

TEST_F(ClippedTokenTest, ALieMovesTheNextNodeByNoMoreThanTheRadiusTimesTheHopsSinceItsCopy) {
  const double radius = 0.3;
  Tokens token(method("clipped_token", radius), f, graph, kernel);
  token.tamper = [](std::uint32_t from, Vec& x) {
    if (from == 2) x *= -1e9;
  };
  for (std::uint64_t h = 1; h <= 2000; ++h) {
    std::vector<ClippedToken::Copy> before;
    for (std::size_t i = 0; i < 6; ++i) {
      before.push_back(token.node_state<ClippedToken::NodeState>(i).copies[0]);
    }
    token.hop();
    const auto& copy = before[token.node()];
    // What it learned from was within reach of its copy; its own step is at most η (‖x‖ + ‖c‖).
    const double step = 0.05 * (copy.x.norm() + radius * double(h - copy.hop) + 10.0);
    ASSERT_LT((token.x() - copy.x).norm(), radius * double(h - copy.hop) + step) << h;
  }
  Tokens plain(method("random_walk_sgd"), f, graph, kernel);
  plain.tamper = token.tamper;
  plain.hops(2000);
  EXPECT_FALSE(plain.x().norm() < 1e12) << "what happens without";
}

TEST_F(ClippedTokenTest, ATokenThatIsNotFiniteIsReplacedByTheCopy) {
  Tokens token(method("clipped_token", 0.5), f, graph, kernel);
  token.tamper = [](std::uint32_t from, Vec& x) {
    if (from == 2) x[1] = std::numeric_limits<double>::quiet_NaN();
  };
  token.hops(300);
  EXPECT_TRUE(token.x().allFinite());
}

TEST_F(ClippedTokenTest, NeedsARadius) {
  Mistakes mistakes;
  make_token_method(drive::placed(method("clipped_token")), "method", token_methods(), Stages{},
                    mistakes);
  EXPECT_THAT(mistakes.messages(), testing::ElementsAre(testing::HasSubstr("expected radius")));
}

}  // namespace
}  // namespace cohort
