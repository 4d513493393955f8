#include "algorithms/walks/hdt.hpp"

#include "core/archive.hpp"
#include "tests/algorithms/walks/hops.hpp"

namespace cohort {
namespace {

TEST(Hdt, AcceptsByTheRatioOfTheHistories) {
  const Graph g = hops::uneven();
  const double target[] = {3, 1, 10, 0.5, 2, 7};
  const auto walk = hops::walk<Hdt>(g, {BaseChain::metropolis, 2.0, 0}, target);
  for (std::uint32_t i = 0; i < 6; ++i) {
    WalkState state = walk->start(i);
    state.mass = {3, 1, 4, 1, 5, 9};
    state.total = 23;
    const auto base = chain_law(*walk->base(), i);
    const auto law = walk->law(state);
    const auto row = g.neighbours_of(i);
    for (std::size_t k = 0; k < row.size(); ++k) {
      const double relative = (state.mass[row[k]] / target[row[k]]) / (state.mass[i] / target[i]);
      EXPECT_NEAR(law[k], base[k] * std::min(1.0, 1 / (relative * relative)), 1e-14);
    }
    hops::expect_hops_by_law(*walk, g, state);
  }
}

TEST(Hdt, KeepsTheTargetThatHistoryMakesOfIt) {
  // π_i[x] ∝ π_i (x_i/π_i)^−α is stationary at fixed visits.
  const Graph g = hops::uneven();
  const auto walk = hops::walk<Hdt>(g, {BaseChain::lazy, 2.0, 0});
  const std::vector<double> mass = {3, 1, 4, 1, 5, 9};
  std::vector<double> pi = walk->stationary(), next(6, 0.0);
  for (std::size_t i = 0; i < 6; ++i) pi[i] *= std::pow(mass[i] / pi[i], -2.0);
  for (std::uint32_t i = 0; i < 6; ++i) {
    WalkState state = walk->start(i);
    state.mass = mass;
    const auto law = walk->law(state);
    const auto row = g.neighbours_of(i);
    for (std::size_t k = 0; k < row.size(); ++k) next[row[k]] += pi[i] * law[k];
    next[i] += pi[i] * law.back();
  }
  for (std::size_t i = 0; i < 6; ++i) EXPECT_NEAR(next[i] / pi[i], 1.0, 1e-12);
}

TEST(Hdt, ErrorsOfSampledFrequenciesAreThoseOfTheBaseOverTwoAlphaPlusOne) {
  const Graph g = hops::chorded_ring();
  const ChainModes modes = chain_modes(*make_chain(g, BaseChain::metropolis, {}));
  ThreadPool pool(2);
  const auto walk = hops::walk<Hdt>(g, {BaseChain::metropolis, 5.0, 0});
  const auto sampled = sample_walks(*walk, g, walk->stationary(), 3000, 300, 1, pool);
  const double expected = theoretical_n_mse(modes, {}, 3000) / 11;
  EXPECT_NEAR(theoretical_n_mse(modes, *walk->theory(), 3000), expected, 1e-12);
  EXPECT_NEAR(sampled.n_mse, expected, 4 * sampled.n_mse_error + 0.05 * expected);
}

TEST(Hdt, ACacheOfAllNodesIsTheFullHistory) {
  const Graph g = hops::uneven();
  const auto full = hops::walk<Hdt>(g, {BaseChain::metropolis, 3.0, 0});
  const auto cached = hops::walk<Hdt>(g, {BaseChain::metropolis, 3.0, 6});
  WalkState a = full->start(0), b = cached->start(0);
  for (std::uint32_t j = 0; j < 6; ++j) b.remembered.push_back({j, 1.0});
  EXPECT_EQ(hops::path(*full, a, 400), hops::path(*cached, b, 400));
}

TEST(Hdt, ABoundedCacheForgetsTheLeastRecentAndEstimatesIt) {
  const Graph g = hops::uneven();
  const auto walk = hops::walk<Hdt>(g, {BaseChain::simple, 2.0, 2});
  WalkState state = walk->start(2);
  // Shares are 2, 2, 4, 2, 2, 2 of 14; node 2 remembers its neighbour 3 with 3 visits.
  state.remembered = {{2, 8.0}, {3, 3.0}};
  // Of 0, 1 and 5 the count is taken to be 3 too: a fair share is 1.5 to the 2 of node 2.
  for (const std::size_t k : {0u, 1u, 2u, 3u}) EXPECT_NEAR(walk->law(state)[k], 0.25, 1e-15);
  state.remembered = {{2, 4.0}, {3, 4.0}};
  for (const std::size_t k : {0u, 1u, 2u, 3u}) EXPECT_NEAR(walk->law(state)[k], 0.25 / 4, 1e-15);
  for (int t = 0; t < 50; ++t) {
    walk->hop(state, Stream(1, Purpose::walk, 0, state.hops));
    EXPECT_LE(state.remembered.size(), 2u);
    EXPECT_EQ(state.remembered.back().node, state.node);
  }
}

TEST(Hdt, ATokenThatIsReadAgainGoesOnAsBefore) {
  const Graph g = hops::uneven();
  const auto walk = hops::walk<Hdt>(g, {BaseChain::metropolis, 2.0, 3});
  WalkState state = walk->start(0);
  for (int t = 0; t < 100; ++t) walk->hop(state, Stream(1, Purpose::walk, 0, state.hops));
  std::vector<std::byte> bytes;
  Writer writer(bytes);
  state.fields(writer);
  WalkState read;
  Reader reader(bytes);
  read.fields(reader);
  ASSERT_TRUE(reader.finished());
  EXPECT_EQ(hops::path(*walk, read, 200), hops::path(*walk, state, 200));
}

TEST(Hdt, RefusesABaseThatIsNotReversible) {
  EXPECT_THAT(hops::refusal<Hdt>(hops::uneven(), {BaseChain::non_backtracking, 1.0, 0}),
              testing::HasSubstr("reversible"));
}

}  // namespace
}  // namespace cohort
