#include "algorithms/gossip/d2.hpp"

#include "tests/algorithms/gossip/nodes.hpp"

namespace cohort {
namespace {

using drive::Nodes;
using drive::table;

ConfigNode method(bool lazy) {
  ConfigNode node =
      table({{"type", "d2"}, {"local", table({{"optimizer", table({{"learning_rate", 0.1}})}})}});
  node.set("lazy", config_value(lazy));
  return node;
}

// Rounding of 1500 rounds, which a recursion in differences adds up.
constexpr double exact = 1e-11;

TEST(D2, AConstantRateReachesTheOptimum) {
  const std::vector<double> weights = {0.05, 0.1, 0.15, 0.2, 0.2, 0.3};
  const drive::Quadratics f(drive::different_clients(6, 4, 5));
  // Eigenvalues of W: from 1/5 (reach 2 of 6), so that W itself may mix.
  for (const bool lazy : {true, false}) {
    Nodes nodes(method(lazy), f, weights);
    nodes.rounds(1500, drive::ring_weights(6, 2));
    EXPECT_LT(drive::farthest(nodes, drive::optimum(f, weights)), exact) << lazy;
  }
}

TEST(D2, LazyIsExactDiffusion) {
  const drive::Quadratics f(drive::centred_nodes(5, 2));
  const MixingMatrix ring = drive::ring_weights(5);
  const Mat lazy = 0.5 * (Mat::Identity(5, 5) + drive::dense(ring));
  Mat c(5, 2);
  for (Index i = 0; i < 5; ++i) {
    c.row(i) = f.clients()[static_cast<std::size_t>(i)].centre().transpose();
  }
  // Yuan et al.: ψ ← x − μ∇f(x); φ ← ψ + x − ψ⁻; x ← W̃ φ, with φ = ψ in the first round.
  Mat x = Mat::Zero(5, 2), psi_before = x;
  Nodes nodes(method(true), f);
  for (int k = 0; k < 6; ++k) {
    const Mat psi = x - 0.1 * (x - c);
    x = lazy * (k == 0 ? psi : Mat(psi + x - psi_before));
    psi_before = psi;
    nodes.round(ring);
    EXPECT_LT((nodes.models().transpose() - x).norm(), 1e-13 * c.norm()) << k;
  }
}

TEST(D2, LazyReachesTheOptimumWhereWItselfDiverges) {
  // Two nodes that exchange their models: eigenvalues 1 and −1.
  const std::vector<Edge> edges = {{0, 1}};
  const MixingMatrix swap =
      rows_of(make_graph(2, edges), [](std::uint64_t, std::uint64_t) { return 1.0; });
  const drive::Quadratics f(drive::centred_nodes(2, 2));
  Nodes lazy(method(true), f), plain(method(false), f);
  lazy.rounds(600, swap);
  plain.rounds(600, swap);
  EXPECT_LT(drive::farthest(lazy, drive::optimum(f, drive::equal_weights(2))), exact);
  EXPECT_GT(drive::farthest(plain, drive::optimum(f, drive::equal_weights(2))), 1e6);
}

TEST(D2, TheMeanMakesGradientDescentSteps) {
  const drive::Quadratics f(drive::different_clients(6, 4, 5));
  ConfigNode batched = method(true);
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

}  // namespace
}  // namespace cohort
