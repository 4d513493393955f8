#include "algorithms/walks/srrw.hpp"

#include "algorithms/graphs/ring.hpp"
#include "core/archive.hpp"
#include "tests/algorithms/walks/hops.hpp"

namespace cohort {
namespace {

const std::vector<double> some_visits = {3, 1, 4, 1, 5, 9};

WalkState visited(const Walk& walk, std::uint32_t node, std::vector<double> mass) {
  WalkState state = walk.start(node);
  state.mass = std::move(mass);
  state.total = 0.0;
  for (const double m : state.mass) state.total += m;
  state.reference = state.total;
  walk.restore(state);
  return state;
}

TEST(Srrw, LawIsTheBaseTimesTheVisitsToMinusAlpha) {
  const Graph g = hops::uneven();
  const double target[] = {3, 1, 10, 0.5, 2, 7};
  const auto walk = hops::walk<Srrw>(g, {BaseChain::metropolis, 2.0, 1.0}, target);
  for (std::uint32_t i = 0; i < 6; ++i) {
    const WalkState state = visited(*walk, i, some_visits);
    const auto row = g.neighbours_of(i);
    std::vector<double> by_hand;
    double all = 0.0;
    for (std::size_t k = 0; k <= row.size(); ++k) {
      const std::uint32_t j = k < row.size() ? row[k] : i;
      const double p = k < row.size() ? walk->base()->move(i, j) : walk->base()->stay(i);
      const double ratio = some_visits[j] / target[j];
      by_hand.push_back(p / (ratio * ratio));
      all += by_hand.back();
    }
    const auto law = walk->law(state);
    for (std::size_t k = 0; k <= row.size(); ++k) EXPECT_NEAR(law[k], by_hand[k] / all, 1e-14);
    hops::expect_hops_by_law(*walk, g, state);
  }
}

TEST(Srrw, AtItsTargetOrWithoutRepulsionIsTheBase) {
  const Graph g = hops::uneven();
  for (const auto base :
       {BaseChain::simple, BaseChain::metropolis, BaseChain::lazy, BaseChain::lazy_metropolis}) {
    const auto repelled = hops::walk<Srrw>(g, {base, 7.0, 1.0});
    const auto none = hops::walk<Srrw>(g, {base, 0.0, 1.0});
    for (std::uint32_t i = 0; i < 6; ++i) {
      const auto expected = chain_law(*repelled->base(), i);
      const auto at_target = repelled->law(visited(*repelled, i, repelled->stationary()));
      const auto without = none->law(visited(*none, i, some_visits));
      for (std::size_t k = 0; k < expected.size(); ++k) {
        EXPECT_NEAR(at_target[k], expected[k], 1e-13);
        EXPECT_NEAR(without[k], expected[k], 1e-15);
      }
    }
    hops::expect_hops_by_law(*repelled, g, visited(*repelled, 1, some_visits));
  }
}

TEST(Srrw, IsReversibleAtFixedVisits) {
  // π_i[x] ∝ π_i (x_i/π_i)^−α Σ_j P_ij (x_j/π_j)^−α.
  const Graph g = hops::uneven();
  const auto walk = hops::walk<Srrw>(g, {BaseChain::metropolis, 3.0, 1.0});
  std::vector<double> flow(36, 0.0);
  for (std::uint32_t i = 0; i < 6; ++i) {
    const auto row = g.neighbours_of(i);
    const auto base = chain_law(*walk->base(), i);
    double around = base.back() / std::pow(some_visits[i], 3.0);
    for (std::size_t k = 0; k < row.size(); ++k)
      around += base[k] / std::pow(some_visits[row[k]], 3.0);
    const double pi = around / std::pow(some_visits[i], 3.0);
    const auto law = walk->law(visited(*walk, i, some_visits));
    for (std::size_t k = 0; k < row.size(); ++k) flow[i * 6 + row[k]] = pi * law[k];
  }
  for (std::size_t i = 0; i < 6; ++i) {
    for (std::size_t j = 0; j < 6; ++j) EXPECT_NEAR(flow[i * 6 + j], flow[j * 6 + i], 1e-15);
  }
}

TEST(Srrw, HopsDependOnVisitsUpToScaleOnly) {
  const Graph g = hops::uneven();
  const auto walk = hops::walk<Srrw>(g, {BaseChain::metropolis, 4.0, 1.0});
  std::vector<double> scaled = some_visits;
  for (double& m : scaled) m *= 0x1p80;
  WalkState a = visited(*walk, 2, some_visits), b = visited(*walk, 2, scaled);
  EXPECT_EQ(a.weights, b.weights);
  EXPECT_EQ(walk->law(a), walk->law(b));
}

TEST(Srrw, LongWalksNeitherUnderflowNorOverflow) {
  const Graph g = hops::uneven();
  for (const double alpha : {1.0, 20.0, 100.0, 400.0}) {
    const auto walk = hops::walk<Srrw>(g, {BaseChain::metropolis, alpha, 1.0});
    // After 1e9 visits each, with small differences; and two nodes hardly visited at all.
    std::vector<double> even = {1e9, 1.001e9, 1e9, 0.999e9, 1e9 + 5e5, 1e9};
    std::vector<double> uneven = {1e9, 1.0, 1e9, 2.0, 1e9, 1e9};
    for (const auto& mass : {even, uneven}) {
      for (std::uint32_t i = 0; i < 6; ++i) {
        WalkState state = visited(*walk, i, mass);
        // Weights made at the start of the walk and kept, as in a walk of 1e9 hops.
        WalkState old = state;
        old.reference = 6.0;
        walk->restore(old);
        const auto row = g.neighbours_of(i);
        std::vector<long double> by_hand;
        long double all = 0;
        for (std::size_t k = 0; k <= row.size(); ++k) {
          const std::uint32_t j = k < row.size() ? row[k] : i;
          by_hand.push_back(
              chain_law(*walk->base(), i)[k] *
              std::pow(static_cast<long double>(mass[j]) / 1e5L, -(long double)alpha));
          all += by_hand.back();
        }
        const auto law = walk->law(state);
        for (std::size_t k = 0; k <= row.size(); ++k) {
          EXPECT_NEAR(law[k], static_cast<double>(by_hand[k] / all), 1e-9);
        }
        hops::expect_hops_by_law(*walk, g, state, 500);
        hops::expect_hops_by_law(*walk, g, old, 500);
      }
    }
  }
}

TEST(Srrw, OnlyTheVisitedWeightChanges) {
  const Graph g = hops::uneven();
  const auto walk = hops::walk<Srrw>(g, {BaseChain::simple, 5.0, 1.0});
  WalkState state = visited(*walk, 2, some_visits);
  const std::vector<double> before = state.weights;
  walk->hop(state, Stream(1, Purpose::walk));
  for (std::uint32_t j = 0; j < 6; ++j) {
    EXPECT_EQ(state.weights[j] != before[j], j == state.node);
  }
  WalkState anew = state;
  walk->restore(anew);
  EXPECT_EQ(anew.weights, state.weights);
}

TEST(Srrw, ATokenThatIsReadAgainGoesOnAsBefore) {
  const Graph g = hops::uneven();
  for (const double a : {1.0, 0.6}) {
    const auto walk = hops::walk<Srrw>(g, {BaseChain::metropolis, 30.0, a});
    WalkState state = walk->start(0);
    for (int t = 0; t < 3000; ++t) walk->hop(state, Stream(1, Purpose::walk, 0, state.hops));
    std::vector<std::byte> bytes;
    Writer writer(bytes);
    state.fields(writer);
    WalkState read;
    Reader reader(bytes);
    read.fields(reader);
    ASSERT_TRUE(reader.finished());
    walk->restore(read);
    EXPECT_EQ(hops::path(*walk, read, 200), hops::path(*walk, state, 200));
  }
}

TEST(Srrw, TheoryIsThatOfTheKnownGraph) {
  // An independent computation on the ring of six with a chord.
  const Graph g = hops::chorded_ring();
  const auto chain = make_chain(g, BaseChain::metropolis, {});
  const ChainModes modes = chain_modes(*chain);
  const double eigenvalues[] = {-0.8047, -1.0 / 3, 0.0, 0.1381, 2.0 / 3};
  for (Index i = 0; i < 5; ++i) EXPECT_NEAR(modes.values[i], eigenvalues[i], 5e-5);
  for (const auto& [alpha, n_mse] :
       {std::pair{0.0, 1.3214}, {1.0, 0.3637}, {5.0, 0.0971}, {20.0, 0.02617}}) {
    EXPECT_NEAR(theoretical_n_mse(modes, {alpha, 1.0, false}, 20000), n_mse, 5e-4 * n_mse + 5e-5);
  }
}

TEST(Srrw, ErrorsOfSampledFrequenciesAreThoseOfTheTheory) {
  const Graph g = hops::chorded_ring();
  const ChainModes modes = chain_modes(*make_chain(g, BaseChain::metropolis, {}));
  ThreadPool pool(2);
  for (const auto& [alpha, a] : {std::pair{0.0, 1.0}, {5.0, 1.0}, {5.0, 0.7}}) {
    const auto walk = hops::walk<Srrw>(g, {BaseChain::metropolis, alpha, a});
    const auto sampled = sample_walks(*walk, g, walk->stationary(), 3000, 300, 1, pool);
    const double expected = theoretical_n_mse(modes, *walk->theory(), 3000);
    // 4 standard errors and what is left of the start.
    EXPECT_NEAR(sampled.n_mse, expected, 4 * sampled.n_mse_error + 0.03 * expected) << alpha;
    EXPECT_LT(sampled.n_mse_error, 0.1 * expected);
  }
}

TEST(Srrw, RefusesWhatItsTheoryDoesNotCover) {
  const Graph g = hops::uneven();
  EXPECT_THAT(hops::refusal<Srrw>(g, {BaseChain::non_backtracking, 1.0, 1.0}),
              testing::HasSubstr("reversible"));
  EXPECT_THAT(hops::refusal<Srrw>(g, {BaseChain::simple, 1.0, 1.0}, some_visits),
              testing::HasSubstr("metropolis"));
  const auto table = option_table<Srrw::Options>();
  for (const auto& [name, value] :
       {std::pair{"alpha", -1.0}, {"step_exponent", 0.5}, {"step_exponent", 1.1}}) {
    ConfigNode node = config_table();
    node.set(name, config_value(value));
    Mistakes mistakes;
    table.read(node, "walk", mistakes);
    EXPECT_THAT(mistakes.messages(), testing::ElementsAre(testing::HasSubstr(name)));
  }
}

// A token that learns as it walks: θ ← θ + β_n (h_i − θ) at node i, β_n = (n + 1)^−b, whose mean is
// that of h. Hu, Doshi, Eun, ICLR 2024.
class MeanEstimation : public testing::Test {
 protected:
  static constexpr std::uint64_t length = 4000;
  static constexpr std::uint64_t runs = 300;
  // A variance of 300 normal estimates: 4 standard deviations of sqrt(2/299), and what the limit
  // leaves out at n = 4000.
  static constexpr double tolerance = 0.33 + 0.08;
  const Graph graph = hops::chorded_ring();
  const Vec h = (Vec(6) << 1.0, 0.2, -0.5, 0.6, 0.8, 1.0).finished();

  /// Var θ_n/β_n over the runs.
  double variance(double alpha, double a, double b) const {
    const auto walk = hops::walk<Srrw>(graph, {BaseChain::metropolis, alpha, a});
    std::vector<double> beta;
    for (std::uint64_t n = 1; n <= length; ++n) {
      beta.push_back(std::pow(static_cast<double>(n) + 1.0, -b));
    };
    double total = 0.0;
    for (std::uint64_t run = 0; run < runs; ++run) {
      WalkState state = walk->start(walk_start(1, run, 6));
      double theta = h.mean();
      for (std::uint64_t n = 0; n < length; ++n) {
        walk->hop(state, Stream(1, Purpose::walk, run, n));
        theta += beta[n] * (h[state.node] - theta);
      }
      total += (theta - h.mean()) * (theta - h.mean());
    }
    return total / (beta.back() * static_cast<double>(runs));
  }
  /// ½ Σ_i (h · u_i)² (1 + λ_i)/(1 − λ_i)/(α (1 + λ_i) + 1)², with the correction for n hops.
  double theory(double alpha, double b) const {
    const ChainModes modes = chain_modes(*make_chain(graph, BaseChain::metropolis, {}));
    double total = 0.0;
    for (Index i = 0; i < 5; ++i) {
      const double l = modes.values[i], along = h.dot(modes.left.col(i));
      const double repelled = alpha * (1 + l) + 1;
      total += 0.5 * along * along * (1 + l) / (1 - l) / (repelled * repelled);
    }
    return total / (1 - b / (2 * std::pow(static_cast<double>(length), 1 - b)));
  }
};

TEST_F(MeanEstimation, GainsByTheSquareOfAlphaIfItLearnsSlowerThanItRemembers) {
  const double none = variance(0.0, 0.55, 0.9), some = variance(1.0, 0.55, 0.9);
  EXPECT_NEAR(none / theory(0.0, 0.9), 1.0, tolerance);
  EXPECT_NEAR(some / theory(1.0, 0.9), 1.0, tolerance);
  EXPECT_GT(none / some, 4.5) << "6.6 in the limit";
}

TEST_F(MeanEstimation, GainsNothingIfItRemembersSlowerThanItLearns) {
  const double none = variance(0.0, 1.0, 0.6), some = variance(1.0, 1.0, 0.6);
  EXPECT_NEAR(none / theory(0.0, 0.6), 1.0, tolerance);
  EXPECT_NEAR(some / theory(0.0, 0.6), 1.0, tolerance);
  EXPECT_LT(none / some, 1.6);
}

TEST_F(MeanEstimation, TheoryIsThatOfAnIndependentComputation) {
  const double correction = 1 - 0.9 / (2 * std::pow(static_cast<double>(length), 0.1));
  for (const auto& [alpha, value] :
       {std::pair{0.0, 0.5117}, {1.0, 0.0771}, {5.0, 0.00666}, {20.0, 0.000505}}) {
    EXPECT_NEAR(theory(alpha, 0.9) * correction, value, 1e-3 * value + 5e-7);
  }
}

}  // namespace
}  // namespace cohort
