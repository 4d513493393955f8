#include "algorithms/tokens/walkman.hpp"

#include "tests/algorithms/gossip/nodes.hpp"
#include "tests/algorithms/tokens/walking.hpp"

namespace cohort {
namespace {

using drive::placed;
using drive::table;
using drive::Tokens;
using drive::Value;
using testing::HasSubstr;

// Curvatures are in [1, 3], with the weights below up to 5.4: a rate below 1/(2 · 5.4 + 2).
constexpr double rate = 0.07;
ConfigNode gradient() {
  return table(
      {{"type", "walkman"}, {"local", table({{"optimizer", table({{"learning_rate", rate}})}})}});
}
ConfigNode proximal(int steps) {
  return table({{"type", "walkman"},
                {"form", "proximal"},
                {"penalty", 2.0},
                {"local_steps", steps},
                {"local", table({{"optimizer", table({{"learning_rate", 0.25}})}})}});
}

class WalkmanTest : public testing::Test {
 protected:
  const drive::Quadratics f{drive::different_clients(6, 3, 5)};
  const Graph graph = drive::chorded_ring(6);
  const ConfigNode kernel = config_value(std::string("simple"));

  Vec mean_contribution(const Tokens& tokens, std::size_t token) const {
    Vec mean = Vec::Zero(3);
    for (std::size_t i = 0; i < 6; ++i) {
      const auto& part = tokens.node_state<Walkman::NodeState>(i).parts[token];
      mean += (part.solution - part.dual) / 6.0;
    }
    return mean;
  }
  Vec gradient_at(std::size_t i, const Vec& w) const {
    return f.clients()[i].a * (w - f.clients()[i].centre());
  }
};

TEST_F(WalkmanTest, TheTokenIsTheMeanOfTheContributions) {
  for (const ConfigNode& node : {gradient(), proximal(3)}) {
    Tokens tokens(node, f, graph, kernel, 3);
    for (int h = 0; h < 60; ++h) {
      tokens.hop();
      for (std::size_t m = 0; m < 3; ++m) {
        ASSERT_LT((tokens.x(m) - mean_contribution(tokens, m)).norm(), 1e-13);  // an addition a hop
      }
    }
  }
}

TEST_F(WalkmanTest, TheDualIsTheGradientAtTheOldSolutionOrTheNew) {
  Tokens linear(gradient(), f, graph, kernel);
  linear.hops(40);
  std::vector<Vec> old;
  for (std::size_t i = 0; i < 6; ++i) {
    old.push_back(linear.node_state<Walkman::NodeState>(i).parts[0].solution);
  }
  linear.hop();
  const std::size_t i = linear.node();
  EXPECT_LT((linear.node_state<Walkman::NodeState>(i).parts[0].dual - rate * gradient_at(i, old[i]))
                .norm(),
            1e-13);

  Tokens exact(proximal(100), f, graph, kernel);  // the local problem's error falls by ½ a step
  exact.hops(40);
  const auto& node = exact.node_state<Walkman::NodeState>(exact.node()).parts[0];
  EXPECT_LT((2.0 * node.dual - gradient_at(exact.node(), node.solution)).norm(), 1e-12);
}

TEST_F(WalkmanTest, ReachesTheOptimumLinearlyWithAConstantRate) {
  const std::vector<double> weights = {0.1, 0.1, 0.2, 0.2, 0.3, 0.1};
  const Vec best = drive::optimum(f, weights);
  for (const ConfigNode& node : {gradient(), proximal(50)}) {
    Tokens token(node, f, graph, kernel, 1, weights);
    token.hops(500);
    const double early = (token.x() - best).norm();
    token.hops(500);
    const double later = (token.x() - best).norm();
    EXPECT_LT(later, 0.2 * early);
    token.hops(5000);
    EXPECT_LT((token.x() - best).norm(), 1e-11 * best.norm());
  }
}

TEST_F(WalkmanTest, SeveralTokensAllReachIt) {
  const Vec best = drive::optimum(f, drive::equal_weights(6));
  for (const ConfigNode& node : {gradient(), proximal(50)}) {
    Tokens tokens(node, f, graph, kernel, 3);
    tokens.hops(6000);
    for (std::size_t m = 0; m < 3; ++m) EXPECT_LT((tokens.x(m) - best).norm(), 1e-11) << m;
  }
}

TEST_F(WalkmanTest, RefusesOptionsOfTheOtherForm) {
  const auto mistakes = [](const ConfigNode& node) {
    Mistakes found;
    make_token_method(node, "method", token_methods(), Stages{}, found);
    return found.messages();
  };
  ConfigNode with_penalty = placed(gradient());
  with_penalty.set("penalty", placed(Value(1.0)));
  EXPECT_THAT(mistakes(with_penalty), testing::ElementsAre(HasSubstr("is of form")));
  EXPECT_THAT(mistakes(placed(table({{"type", "walkman"}, {"form", "proximal"}}))),
              testing::ElementsAre(HasSubstr("needs penalty"), HasSubstr("needs local_steps")));
  EXPECT_THAT(
      mistakes(placed(table({{"type", "walkman"}, {"local", table({{"optimizer", "adam"}})}}))),
      testing::ElementsAre(HasSubstr("expected sgd, found adam")));
}

}  // namespace
}  // namespace cohort
