#include "algorithms/spectrum.hpp"

#include "algorithms/graphs/random_regular.hpp"
#include "algorithms/graphs/ring.hpp"
#include "algorithms/graphs/watts_strogatz.hpp"
#include "tests/algorithms/graphs/gaps.hpp"

namespace cohort {
namespace {

TEST(Spectrum, LanczosFindsTheExtremesOfAKnownSpectrum) {
  // A = diag(1, 1/2, 1/3, …, 1/400) about the first unit vector: extremes 1/2 and 1/400.
  std::vector<double> known(400, 0.0);
  known[0] = 1.0;
  const auto product = [](std::span<const double> x, std::span<double> out) {
    for (std::size_t i = 0; i < x.size(); ++i) out[i] = x[i] / static_cast<double>(i + 1);
  };
  const Extremes e = lanczos(product, known, 1e-10);
  EXPECT_NEAR(e.largest, 0.5, 1e-10);
  EXPECT_NEAR(e.smallest, 1.0 / 400, 1e-6);
  EXPECT_LE(e.residual, 1e-10);
}

TEST(Spectrum, LanczosAgreesWithTheDenseSolver) {
  const Graph g = drawn::graph<WattsStrogatz>(300);
  const auto chain = make_chain(g, BaseChain::metropolis, {});
  const Gap dense = spectral_gap(*chain);
  const Vec values = chain_modes(*chain).values;
  EXPECT_NEAR(dense.second, values[298], 1e-13);
  EXPECT_NEAR(dense.last, values[0], 1e-13);
  std::vector<double> known(300, 1 / std::sqrt(300.0));
  const auto product = [&](std::span<const double> x, std::span<double> out) {
    for (std::uint64_t i = 0; i < 300; ++i) {
      out[i] = chain->stay(i) * x[i];
      for (const auto j : g.neighbours_of(i)) out[i] += chain->move(i, j) * x[j];
    }
  };
  const Extremes e = lanczos(product, known);
  EXPECT_NEAR(e.largest, dense.second, 1e-9);
  EXPECT_NEAR(e.smallest, dense.last, 1e-9);
}

TEST(Spectrum, LargeGraphsGoByLanczosToTheLimitOfTheirKind) {
  const Graph g = drawn::graph<RandomRegular>(2 * dense_nodes);
  const Gap large = spectral_gap(*make_chain(g, BaseChain::simple, {}));
  EXPECT_GT(large.residual, 0.0);
  EXPECT_LE(large.residual, 1e-9);
  EXPECT_NEAR(large.second, 2 * std::sqrt(3.0) / 4, 0.01);  // of a random graph of degree 4
}

TEST(Spectrum, GossipShrinksByTheRateOnItsSlowestMode) {
  // x_i = cos(2π i/n) is the second eigenvector of a ring.
  constexpr Index n = 9;
  const Mat w = drawn::mixed<MetropolisWeights>(drawn::graph<Ring>(n));
  Vec x(n);
  for (Index i = 0; i < n; ++i) x[i] = std::cos(2 * drawn::pi * static_cast<double>(i) / n);
  const double start = x.norm();
  for (int t = 0; t < 20; ++t) x = w * x;
  const double rate = 1 - drawn::gap(drawn::graph<Ring>(n));
  EXPECT_NEAR(x.norm() / start, std::pow(rate, 20), 1e-13);
}

TEST(Spectrum, APeriodicChainHasNoGap) {
  const Gap gap = spectral_gap(*make_chain(drawn::graph<Ring>(8), BaseChain::simple, {}));
  EXPECT_NEAR(gap.last, -1.0, 1e-12);
  EXPECT_NEAR(gap.gap(), 0.0, 1e-12);
}

}  // namespace
}  // namespace cohort
