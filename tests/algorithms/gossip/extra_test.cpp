#include "algorithms/gossip/extra.hpp"

#include "tests/algorithms/gossip/nodes.hpp"

namespace cohort {
namespace {

using drive::Nodes;
using drive::table;

const ConfigNode method =
    table({{"type", "extra"}, {"local", table({{"optimizer", table({{"learning_rate", 0.1}})}})}});

// Rounding of 1500 rounds, which a recursion in differences adds up.
constexpr double exact = 1e-11;

TEST(Extra, AConstantRateReachesTheOptimum) {
  const std::vector<double> weights = {0.05, 0.1, 0.15, 0.2, 0.2, 0.3};
  const drive::Quadratics f(drive::different_clients(6, 4, 5));
  Nodes nodes(method, f, weights);
  nodes.rounds(1500, drive::ring_weights(6));
  EXPECT_LT(drive::farthest(nodes, drive::optimum(f, weights)), exact);
}

TEST(Extra, TheFirstRoundsAreThePapers) {
  const drive::Quadratics f(drive::centred_nodes(5, 2));
  const MixingMatrix ring = drive::ring_weights(5);
  const Mat w = drive::dense(ring), one = Mat::Identity(5, 5);
  Mat c(5, 2);
  for (Index i = 0; i < 5; ++i) {
    c.row(i) = f.clients()[static_cast<std::size_t>(i)].centre().transpose();
  }
  // Shi et al., (2.13): X^{k+2} = (I + W) X^{k+1} − ½(I + W) X^k − α [∇f(X^{k+1}) − ∇f(X^k)].
  std::vector<Mat> x = {Mat::Zero(5, 2)};
  x.emplace_back(w * x[0] - 0.1 * (x[0] - c));
  for (std::size_t k = 0; k < 5; ++k) {
    x.emplace_back((one + w) * x[k + 1] - 0.5 * (one + w) * x[k] - 0.1 * (x[k + 1] - x[k]));
  }
  Nodes nodes(method, f);
  for (std::size_t k = 1; k < x.size(); ++k) {
    nodes.round(ring);
    EXPECT_LT((nodes.models().transpose() - x[k]).norm(), 1e-13 * c.norm()) << k;
  }
}

TEST(Extra, TheMeanMakesGradientDescentSteps) {
  const drive::Quadratics f(drive::different_clients(6, 4, 5));
  ConfigNode batched = method;
  batched.set("batch_size", drive::Value(2));
  Nodes nodes(batched, f);
  for (int r = 0; r < 20; ++r) {
    nodes.round(drive::ring_weights(6));
    Vec gap = Vec::Zero(4);
    for (std::size_t i = 0; i < 6; ++i) {
      const auto& state = nodes.state<CorrectedState>(i);
      gap += nodes.x(i) - state.model - state.local_step;
    }
    EXPECT_LT(gap.norm(), 1e-13 * nodes.models().norm()) << r;  // 20 rounds of rounding
  }
}

TEST(Extra, RefusesAnOptimizerThatIsNotSgd) {
  Mistakes mistakes;
  make_gossip_method(
      drive::placed(
          table({{"type", "extra"}, {"local", table({{"optimizer", table({{"type", "adam"}})}})}})),
      "method", gossip_methods(), Stages{}, mistakes);
  ASSERT_EQ(mistakes.messages().size(), 1U);
  EXPECT_THAT(mistakes.messages()[0], testing::HasSubstr("expected sgd, found adam"));
}

}  // namespace
}  // namespace cohort
