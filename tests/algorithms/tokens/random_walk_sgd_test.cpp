#include "algorithms/tokens/random_walk_sgd.hpp"

#include "algorithms/spectrum.hpp"
#include "algorithms/token_theory.hpp"
#include "tests/algorithms/gossip/nodes.hpp"
#include "tests/algorithms/tokens/walking.hpp"

namespace cohort {
namespace {

using drive::table;
using drive::Tokens;

ConfigNode method(ConfigNode rate, bool is_weighted = true) {
  ConfigNode node =
      table({{"type", "random_walk_sgd"},
             {"local", table({{"estimator", "full_batch"},
                              {"optimizer", table({{"learning_rate", std::move(rate)}})}})}});
  node.set("importance_weights", config_value(is_weighted));
  return node;
}
ConfigNode power(double exponent) {
  return table({{"type", "power"}, {"start", 1.0}, {"exponent", exponent}});
}
Mat centres(const drive::Quadratics& f) {  // [N × d]
  Mat c(static_cast<Index>(f.clients().size()), f.clients().front().b.rows());
  for (Index i = 0; i < c.rows(); ++i) {
    c.row(i) = f.clients()[static_cast<std::size_t>(i)].centre().transpose();
  }
  return c;
}

class RandomWalkSgdTest : public testing::Test {
 protected:
  const drive::Quadratics f{drive::centred_nodes(6, 3)};
  const Graph graph = drive::chorded_ring(6);
  const Mat c = centres(f);
};

TEST_F(RandomWalkSgdTest, WithRatesOneOverTheHopItIsTheMeanOfWhatItVisited) {
  Tokens token(method(power(1.0)), f, graph, config_value(std::string("metropolis_hastings")));
  Vec sum = Vec::Zero(3);
  for (int h = 1; h <= 50; ++h) {
    token.hop();
    sum += c.row(token.node()).transpose();
    ASSERT_LT((token.x() - sum / h).norm(), 1e-13 * c.norm()) << h;  // an addition a hop
  }
}

TEST_F(RandomWalkSgdTest, WeightsMakeAWalkByDegreeMinimiseTheUniformMean) {
  // Node 0 has degree 3 of 14 and is far off, so that the two means can be told apart.
  constexpr std::uint64_t hops = 60000;
  auto clients = drive::centred_nodes(6, 3);
  clients[0].b.array() += 10.0;
  const drive::Quadratics far(clients);
  const Mat centre = centres(far);
  const ConfigNode simple = config_value(std::string("simple"));
  Tokens weighted(method(power(1.0)), far, graph, simple);
  Tokens plain(method(power(1.0), false), far, graph, simple);
  weighted.hops(hops);
  plain.hops(hops);
  const Vec mean = centre.colwise().mean().transpose();
  Vec by_degree = Vec::Zero(3);
  for (std::uint32_t i = 0; i < 6; ++i) {
    by_degree += static_cast<double>(graph.degree(i)) / 14.0 * centre.row(i).transpose();
  }
  // (1 + λ)/(1 − λ) is below 6 here: a standard deviation below ‖C‖/√hops.
  const double noise = 3.0 * centre.norm() / std::sqrt(static_cast<double>(hops));
  EXPECT_LT((weighted.x() - mean).norm(), noise);
  EXPECT_LT((plain.x() - by_degree).norm(), noise);
  EXPECT_GT((mean - by_degree).norm(), 2 * noise);
}

TEST_F(RandomWalkSgdTest, ItsSpreadOverTokensFollowsTheoryInTheThreeRegimes) {
  // Σ over d = 3 coordinates of 100 tokens: relative deviation √(2/(3 · 100)), four of them 0.33;
  // beyond it what the limit leaves out at n = 2000.
  constexpr double chance = 0.33;
  constexpr std::uint64_t tokens = 100, hops = 2000;
  const ChainModes modes = chain_modes(*make_chain(graph, BaseChain::metropolis, {}));
  const Mat h = c.rowwise() - c.colwise().mean();
  const auto measured = [&](double alpha, double a, double b) {
    Tokens walking(method(power(b)), f, graph,
                   table({{"type", "srrw"}, {"alpha", alpha}, {"step_exponent", a}}), tokens);
    walking.hops(hops);
    Vec mean = Vec::Zero(3);
    for (std::size_t m = 0; m < tokens; ++m) mean += walking.x(m) / double(tokens);
    double spread = 0;
    for (std::size_t m = 0; m < tokens; ++m) spread += (walking.x(m) - mean).squaredNorm();
    return spread / double(tokens - 1);
  };
  const auto theory = [&](double alpha, double a, double b) {
    return token_spread(modes, h, {alpha, a, b}, hops);
  };
  const double base = measured(0, 1.0, 0.7);
  EXPECT_NEAR(base / theory(0, 1.0, 0.7), 1.0, chance + 0.05);
  const double first = measured(2, 0.55, 0.9), first_base = measured(0, 0.55, 0.9);
  EXPECT_NEAR(first / theory(2, 0.55, 0.9), 1.0, chance + 0.3);
  EXPECT_GT(first_base / first, 8.0) << "O(1/α²)";
  const double second = measured(2, 0.7, 0.7);
  EXPECT_NEAR(second / theory(2, 0.7, 0.7), 1.0, chance + 0.1);
  const double third = measured(2, 1.0, 0.7);
  EXPECT_NEAR(third / theory(2, 1.0, 0.7), 1.0, chance + 0.2);
  EXPECT_LT(base / third, 2.0) << "none in the limit";
  EXPECT_GT(base / second, 2.0);
}

TEST_F(RandomWalkSgdTest, TokensWalkAloneAndDrawBatchesOfTheirOwn) {
  const ConfigNode kernel = config_value(std::string("metropolis_hastings"));
  Tokens one(method(power(0.7)), f, graph, kernel, 1),
      three(method(power(0.7)), f, graph, kernel, 3);
  one.hops(30);
  three.hops(30);
  EXPECT_EQ(one.x(), three.x(0)) << "another token changes nothing";
  EXPECT_NE(three.x(0), three.x(1));
}

TEST_F(RandomWalkSgdTest, TakesSeveralStepsAtAVisit) {
  ConfigNode several = method(drive::Value(0.25));
  several.set("local_steps", drive::Value(3));
  Tokens token(several, f, graph, config_value(std::string("metropolis_hastings")));
  token.hop();
  const Vec expected = (1 - std::pow(0.75, 3)) * c.row(token.node()).transpose();
  EXPECT_LT((token.x() - expected).norm(), 1e-14);
}

}  // namespace
}  // namespace cohort
