#include "algorithms/tokens/markov_chain_gd.hpp"

#include "tests/algorithms/gossip/nodes.hpp"
#include "tests/algorithms/tokens/walking.hpp"

namespace cohort {
namespace {

using drive::table;
using drive::Tokens;

ConfigNode method(const char* name, double exponent) {
  return table(
      {{"type", name},
       {"local",
        table({{"optimizer",
                table({{"learning_rate",
                        table({{"type", "power"}, {"start", 0.5}, {"exponent", exponent}})}})}})}});
}

TEST(MarkovChainGd, IsTheMeanOfRandomWalkSgdByTheRates) {
  const drive::Quadratics f(drive::centred_nodes(6, 3));
  const Graph graph = drive::chorded_ring(6);
  const ConfigNode kernel = config_value(std::string("non_backtracking"));
  Tokens averaged(method("markov_chain_gd", 0.6), f, graph, kernel);
  Tokens plain(method("random_walk_sgd", 0.6), f, graph, kernel);
  Vec sum = Vec::Zero(3);
  double rates = 0;
  for (int h = 1; h <= 40; ++h) {
    const double rate = 0.5 * std::pow(h, -0.6);
    sum += rate * plain.x();
    rates += rate;
    averaged.hop();
    plain.hop();
    ASSERT_EQ(averaged.token_state<MarkovChainGd::TokenState>().iterate, plain.x());
    ASSERT_LT((averaged.x() - sum / rates).norm(), 1e-13 * plain.x().norm()) << h;
  }
}

TEST(MarkovChainGd, ComesNearAsTheSourceSaysOnAChainThatIsNotReversible) {
  // The gap f(x) − f* = ½‖x − c̄‖² is O(h^{q−1}), h^{−0.4} here; the bound's constant cancels.
  const drive::Quadratics f(drive::centred_nodes(6, 3));
  const Graph graph = drive::chorded_ring(6);
  Tokens token(method("markov_chain_gd", 0.6), f, graph,
               config_value(std::string("non_backtracking")));
  const Vec best = drive::optimum(f, drive::equal_weights(6));
  token.hops(100);
  const double early = (token.x() - best).squaredNorm();
  token.hops(30000);
  EXPECT_LT((token.x() - best).squaredNorm(), early * std::pow(300.0, -0.4));
}

}  // namespace
}  // namespace cohort
