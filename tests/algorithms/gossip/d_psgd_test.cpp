#include "algorithms/gossip/d_psgd.hpp"

#include "tests/algorithms/gossip/nodes.hpp"

namespace cohort {
namespace {

using drive::Nodes;
using drive::table;

constexpr double eta = 0.3;
// Of a linear iteration that has converged: its fixed point, to rounding amplified by the gap.
constexpr double fixed_point = 1e-12;

ConfigNode method(const char* order) {
  return table({{"type", "d_psgd"},
                {"order", order},
                {"local", table({{"optimizer", table({{"learning_rate", eta}})}})}});
}
Mat centres(const drive::Quadratics& f) {  // [N × d]
  Mat c(static_cast<Index>(f.clients().size()), f.clients().front().b.rows());
  for (Index i = 0; i < c.rows(); ++i) {
    c.row(i) = f.clients()[static_cast<std::size_t>(i)].centre().transpose();
  }
  return c;
}

TEST(DPsgd, AConstantRateStopsWhereTheFormulaSays) {
  const drive::Quadratics f(drive::centred_nodes(8, 3));
  const MixingMatrix ring = drive::ring_weights(8);
  const Mat w = drive::dense(ring), c = centres(f), one = Mat::Identity(8, 8);

  Nodes combine_first(method("combine_then_adapt"), f);
  combine_first.rounds(400, ring);
  const Mat expected = eta * drive::solve((1 + eta) * one - w, c);
  EXPECT_LT((combine_first.models().transpose() - expected).norm(), fixed_point * c.norm());

  Nodes adapt_first(method("adapt_then_combine"), f);
  adapt_first.rounds(400, ring);
  const Mat other = eta * drive::solve(one - (1 - eta) * w, w * c);
  EXPECT_LT((adapt_first.models().transpose() - other).norm(), fixed_point * c.norm());
  EXPECT_GT((expected - other).norm(), 0.1) << "the two orders differ";
  EXPECT_GT(drive::farthest(adapt_first, c.colwise().mean().transpose()), 0.1) << "biased";
}

TEST(DPsgd, TheMeanMakesGradientDescentSteps) {
  const drive::Quadratics f(drive::centred_nodes(6, 4));
  Nodes nodes(method("adapt_then_combine"), f);
  const Vec c = centres(f).colwise().mean().transpose();
  Vec x = Vec::Zero(4);
  for (int r = 0; r < 5; ++r) {
    nodes.round(drive::ring_weights(6));
    x -= eta * (x - c);
    EXPECT_LT((drive::mean_model(nodes) - x).norm(), 1e-14 * c.norm());  // 6 additions a round
  }
}

TEST(DPsgd, OnACompleteGraphItIsFedSgd) {
  const drive::Quadratics f(drive::different_clients(5, 4, 7));
  Nodes nodes(method("adapt_then_combine"), f);
  drive::Run server(table({{"type", "fedsgd"},
                           {"server", table({{"optimizer", table({{"learning_rate", eta}})}})}}),
                    f, drive::equal_weights(5));
  for (int r = 0; r < 10; ++r) {
    nodes.round(drive::complete_weights(5));
    server.round();
    EXPECT_LT(drive::farthest(nodes, server.x), 1e-13);  // other orders of the same sums
  }
}

TEST(DPsgd, WithoutAStepItContractsAtTheSecondEigenvalue) {
  // x on the second eigenvector of the ring: every round multiplies it by λ_2 exactly.
  const drive::Quadratics f(drive::centred_nodes(8, 1));
  Nodes nodes(
      table({{"type", "d_psgd"}, {"local", table({{"optimizer", table({{"learning_rate", 0}})}})}}),
      f);
  const double pi = 3.14159265358979323846;
  for (std::size_t i = 0; i < 8; ++i) nodes.x(i)[0] = std::cos(2 * pi * double(i) / 8);
  const double start = nodes.models().norm();
  nodes.rounds(20, drive::ring_weights(8));
  const double second = 1 - 2.0 / 3 * (1 - std::cos(2 * pi / 8));
  EXPECT_NEAR(nodes.models().norm() / start, std::pow(second, 20), 1e-13);
}

TEST(DPsgd, WeighsGradientsByTheClientsWeights) {
  // On a complete graph it is gradient descent on Σ p_i f_i, whose error falls by 1 − η a round.
  const drive::Quadratics f(drive::centred_nodes(4, 2));
  const std::vector<double> weights = {0.1, 0.2, 0.3, 0.4};
  Nodes nodes(method("adapt_then_combine"), f, weights);
  nodes.rounds(100, drive::complete_weights(4));
  EXPECT_LT(drive::farthest(nodes, drive::optimum(f, weights)), 1e-13);
  EXPECT_GT(drive::farthest(nodes, drive::optimum(f, drive::equal_weights(4))), 0.1);
}

TEST(DPsgd, TakesSeveralLocalSteps) {
  const drive::Quadratics f(drive::centred_nodes(4, 2));
  ConfigNode several = method("adapt_then_combine");
  several.set("local_steps", drive::Value(3));
  Nodes nodes(several, f);
  nodes.round(drive::complete_weights(4));
  const Vec c = centres(f).colwise().mean().transpose();
  EXPECT_LT(drive::farthest(nodes, (1 - std::pow(1 - eta, 3)) * c), 1e-13);
}

TEST(DPsgd, RefusesLocalStepsAfterTheAverage) {
  ConfigNode node = drive::placed(method("combine_then_adapt"));
  node.set("local_steps", drive::placed(drive::Value(2)));
  Mistakes mistakes;
  make_gossip_method(node, "method", gossip_methods(), Stages{}, mistakes);
  ASSERT_EQ(mistakes.messages().size(), 1U);
  EXPECT_THAT(mistakes.messages()[0], testing::HasSubstr("adapt_then_combine"));
}

}  // namespace
}  // namespace cohort
