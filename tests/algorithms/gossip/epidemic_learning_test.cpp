#include "algorithms/gossip/epidemic_learning.hpp"

#include "algorithms/graphs/random_peers.hpp"
#include "algorithms/mixing/uniform.hpp"
#include "tests/algorithms/gossip/nodes.hpp"

namespace cohort {
namespace {

using drive::Nodes;
using drive::table;

TEST(EpidemicLearning, LocalContractsAsThePaperSays) {
  // Nothing but averaging, from models that are drawn: E ‖X⁺ − 1x̄⁺‖² / ‖X − 1x̄‖² over rounds.
  constexpr std::uint32_t n = 12;
  constexpr std::uint64_t s = 3;
  const drive::Quadratics f(drive::centred_nodes(n, 4));
  const ConfigNode still =
      table({{"type", "epidemic_learning"},
             {"local", table({{"optimizer", table({{"learning_rate", 0}})}})}});
  const RandomPeers topology{{{}, s}};
  const auto spread = [](const Nodes& all) {
    return (all.models().colwise() - drive::mean_model(all)).squaredNorm();
  };
  Nodes nodes(still, f);
  double sum = 0;
  constexpr int trials = 3000;
  for (std::uint64_t t = 0; t < trials; ++t) {
    for (std::size_t i = 0; i < n; ++i) {
      Stream(7, Purpose::test, i, t).fill_normal(as_mutable_span(nodes.x(i)));
    }
    const double before = spread(nodes);
    nodes.round(UniformWeights{}.matrix(*topology.graph({n, 3, t})));
    sum += spread(nodes) / before;
  }
  const double c = double(s) / (n - 1);
  const double expected = (1 - std::pow(1 - c, n)) / s - 1.0 / (n - 1);
  EXPECT_NEAR(sum / trials, expected, 0.02 * expected);  // six standard errors
}

TEST(EpidemicLearning, WithADoublyStochasticMatrixItIsDPsgd) {
  const drive::Quadratics f(drive::different_clients(6, 4, 5));
  Nodes epidemic(table({{"type", "epidemic_learning"}, {"batch_size", 2}, {"local_steps", 2}}), f);
  Nodes gossip(table({{"type", "d_psgd"}, {"batch_size", 2}, {"local_steps", 2}}), f);
  epidemic.rounds(10, drive::ring_weights(6));
  gossip.rounds(10, drive::ring_weights(6));
  EXPECT_EQ(epidemic.models(), gossip.models());
}

}  // namespace
}  // namespace cohort
