#include "algorithms/gossip/choco_sgd.hpp"

#include <Eigen/Eigenvalues>

#include "tests/algorithms/gossip/nodes.hpp"

namespace cohort {
namespace {

using drive::Nodes;
using drive::table;

ConfigNode choco(double consensus_rate, double learning_rate, ConfigNode compressor) {
  return table({{"type", "choco_sgd"},
                {"consensus_rate", consensus_rate},
                {"update", table({{"compressor", std::move(compressor)}})},
                {"local", table({{"optimizer", table({{"learning_rate", learning_rate}})}})}});
}
ConfigNode top(int k) { return table({{"type", "top_k"}, {"kept", k}}); }

/// What the nodes start at, different at each.
void scatter(Nodes& nodes) {
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    Stream(9, Purpose::test, i).fill_normal(as_mutable_span(nodes.x(i)));
  }
}
/// Σ ‖x_i − x̄‖² + ‖x_i − x̂_i‖²
double energy(const Nodes& nodes) {
  const Mat x = nodes.models();
  double e = (x.colwise() - drive::mean_model(nodes)).squaredNorm();
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    e += (x.col(static_cast<Index>(i)) - nodes.state<ChocoSgd::NodeState>(i).copy).squaredNorm();
  }
  return e;
}

TEST(ChocoSgd, WithoutCompressionAndWithRateOneIsDPsgd) {
  const drive::Quadratics f(drive::different_clients(6, 4, 5));
  Nodes a(choco(1.0, 0.1, drive::Value("identity")), f);
  Nodes b(table({{"type", "d_psgd"},
                 {"local", table({{"optimizer", table({{"learning_rate", 0.1}})}})}}),
          f);
  a.rounds(50, drive::ring_weights(6));
  b.rounds(50, drive::ring_weights(6));
  // x̂ + (y − x̂) is y but for rounding, which 50 rounds add up.
  EXPECT_LT((a.models() - b.models()).norm(), 1e-14 * 50 * b.models().norm());
}

TEST(ChocoSgd, TheMeanMovesByTheLocalStepsAloneAndTheMixedCopiesAreThoseOfTheCopies) {
  const drive::Quadratics f(drive::different_clients(6, 8, 5));
  Nodes nodes(choco(0.2, 0.0, top(2)), f);
  scatter(nodes);
  const Vec before = drive::mean_model(nodes);
  nodes.rounds(100, drive::ring_weights(6));
  // A round rounds once a node and coordinate.
  EXPECT_LT((drive::mean_model(nodes) - before).norm(), 1e-15 * 100 * before.norm());
  const Mat w = drive::dense(drive::ring_weights(6));
  for (Index i = 0; i < 6; ++i) {
    Vec mixed = Vec::Zero(8);
    for (Index j = 0; j < 6; ++j) {
      mixed += w(i, j) * nodes.state<ChocoSgd::NodeState>(static_cast<std::size_t>(j)).copy;
    }
    EXPECT_LT((nodes.state<ChocoSgd::NodeState>(static_cast<std::size_t>(i)).mixed - mixed).norm(),
              1e-13 * mixed.norm());
  }
}

// Koloskova, Stich, Jaggi, ICML 2019, theorem 2; top-k is deterministic, so that its δ = k/d holds
// in each round and not only on average.
TEST(ChocoSgd, GossipContractsAtLeastAsFastAsItsTheorem) {
  constexpr int d = 10, k = 5;
  const MixingMatrix ring = drive::ring_weights(5);
  const Vec eigenvalues =
      Eigen::SelfAdjointEigenSolver<Mat>(drive::dense(ring)).eigenvalues();  // ascending
  const double gap = 1 - std::max(eigenvalues[3], -eigenvalues[0]);
  const double beta = 1 - eigenvalues[0], delta = static_cast<double>(k) / d;
  const double rate =
      gap * gap * delta /
      (16 * gap + gap * gap + 4 * beta * beta + 2 * gap * beta * beta - 8 * gap * delta);
  const drive::Quadratics f(drive::different_clients(5, d, 1));
  Nodes nodes(choco(rate, 0.0, top(k)), f);
  scatter(nodes);
  double e = energy(nodes);
  for (int block = 0; block < 20; ++block) {
    nodes.rounds(100, ring);
    const double next = energy(nodes);
    EXPECT_LT(next, e * std::pow(1 - gap * gap * delta / 82, 100)) << block;
    e = next;
  }
}

TEST(ChocoSgd, GossipAgreesLinearlyWhereCompressedModelsNeverDo) {
  const MixingMatrix ring = drive::ring_weights(5);
  const drive::Quadratics f(drive::different_clients(5, 10, 1));
  for (ConfigNode compressor : {top(2), table({{"type", "rand_k"}, {"kept", 5}, {"scale", "none"}}),
                                table({{"type", "qsgd"}, {"levels", 15}})}) {
    Nodes nodes(choco(0.2, 0.0, compressor), f);
    scatter(nodes);
    const Vec mean = drive::mean_model(nodes);
    std::vector<double> energies;
    for (int block = 0; block < 4; ++block) {
      energies.push_back(energy(nodes));
      nodes.rounds(100, ring);
    }
    for (std::size_t i = 1; i < energies.size(); ++i) {
      EXPECT_LT(energies[i], 1e-3 * energies[i - 1]);
    }
    EXPECT_LT(drive::farthest(nodes, mean), 1e-6);
  }
}

// To what they agree on: the fixed point is off by O(η), which D-PSGD's is, too.
TEST(ChocoSgd, TopKOptimisesAsDPsgdDoes) {
  const drive::Quadratics f(drive::centred_nodes(6, 8));
  const MixingMatrix ring = drive::ring_weights(6);
  Nodes nodes(choco(0.3, 0.02, top(2)), f);
  nodes.rounds(1500, ring);
  const Vec best = drive::optimum(f, drive::equal_weights(6));
  // The mean of ∇f_i(x_i) = x_i − c_i vanishes where the mean is the optimum, whoever is off it.
  EXPECT_LT((drive::mean_model(nodes) - best).norm(), 1e-10 * best.norm());
  EXPECT_GT(drive::farthest(nodes, best), 1e-3);
}

TEST(ChocoSgd, TheConsensusRateMustBeNamed) {
  Mistakes mistakes;
  make_gossip_method(drive::placed(table({{"type", "choco_sgd"}})), "method", gossip_methods(),
                     Stages{}, mistakes);
  ASSERT_EQ(mistakes.messages().size(), 1U);
  EXPECT_THAT(mistakes.messages()[0], testing::HasSubstr("expected consensus_rate"));
}

}  // namespace
}  // namespace cohort
