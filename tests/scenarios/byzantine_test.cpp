#include "scenarios/byzantine.hpp"

#include <cmath>

#include "algorithms/row_maps/nnm.hpp"
#include "algorithms/rules/krum.hpp"
#include "algorithms/rules/mean.hpp"
#include "algorithms/rules/median.hpp"

namespace cohort {
namespace {

// Sums of a few dozen rounded terms.
constexpr double relative_tolerance = 1e-12;

/// Binomial coefficients by Pascal's triangle, exact below 2^53.
double choose(std::uint64_t n, std::uint64_t k) {
  if (k > n) return 0;
  std::vector<double> row(k + 1, 0.0);
  row[0] = 1;
  for (std::uint64_t i = 0; i < n; ++i) {
    for (std::uint64_t j = k; j > 0; --j) row[j] += row[j - 1];
  }
  return row[k];
}

TEST(ProbabilityAbove, AgreesWithCountingForEverySmallDraw) {
  for (std::uint64_t N = 1; N <= 12; ++N) {
    for (std::uint64_t K = 0; K <= N; ++K) {
      for (std::uint64_t n = 1; n <= N; ++n) {
        for (std::uint64_t f = 0; f <= n; ++f) {
          double above = 0;
          for (std::uint64_t k = f + 1; k <= n; ++k) above += choose(K, k) * choose(N - K, n - k);
          const double expected = above / choose(N, n);
          EXPECT_NEAR(probability_above({N, K, n}, f), expected, relative_tolerance * expected)
              << N << ' ' << K << ' ' << n << ' ' << f;
        }
      }
    }
  }
}

TEST(ProbabilityAbove, KeepsItsDigitsFarOutAndForManyClients) {
  // By exact integers in Python:
  //   from fractions import Fraction as F; from math import comb
  //   float(F(sum(comb(200,k)*comb(800,100-k) for k in range(f+1,101)), comb(1000,100)))
  EXPECT_NEAR(probability_above({1000, 200, 100}, 30) / 3.9469907810839675e-03, 1, 1e-11);
  EXPECT_NEAR(probability_above({1000, 200, 100}, 60) / 9.075339204401907e-22, 1, 1e-11);
  const double p = probability_above({1000000, 100000, 10000}, 1000);
  EXPECT_GT(p, 0.45);
  EXPECT_LT(p, 0.55);
}

TEST(ProbabilityOfAny, IsTheComplementOfNoneWithoutCancellation) {
  EXPECT_NEAR(probability_of_any(0.1, 7), 1 - std::pow(0.9, 7), relative_tolerance);
  EXPECT_NEAR(probability_of_any(1e-20, 1000) / 1e-17, 1, relative_tolerance);
  EXPECT_EQ(probability_of_any(0.5, 0), 0);
  EXPECT_EQ(probability_of_any(1, 3), 1);
}

TEST(LeastF, IsTheLeast) {
  const CohortDraw draw{50, 10, 20};
  for (const double risk : {0.5, 1e-3, 1e-9}) {
    const std::uint64_t f = least_f(draw, 60, risk);
    EXPECT_LE(probability_of_any(probability_above(draw, f), 60), risk);
    if (f > 0) {
      EXPECT_GT(probability_of_any(probability_above(draw, f - 1), 60), risk);
    }
  }
  EXPECT_EQ(least_f({50, 10, 50}, 1000, 1e-3), 10U);
  EXPECT_EQ(least_f({50, 0, 20}, 1000, 1e-3), 0U);
}

Aggregation median() { return {{}, std::make_shared<const RuleOf<Median>>(Median::Options{})}; }

TEST(SmallestSufficientCohort, IsTheFirstThatPasses) {
  const Aggregation aggregation = median();
  for (std::uint64_t K = 0; K < 20; K += 3) {
    for (std::uint64_t start = 1; start <= 40; start += 13) {
      std::optional<std::uint64_t> expected;
      for (std::uint64_t n = start; n <= 40 && !expected; ++n) {
        if (least_f({40, K, n}, 100, 1e-3) <= tolerated_f(aggregation, n)) expected = n;
      }
      EXPECT_EQ(smallest_sufficient_cohort({40, K, start}, aggregation, {}, 100, 1e-3), expected)
          << K << ' ' << start;
    }
  }
  const Aggregation mean{{}, std::make_shared<const RuleOf<Mean>>(Mean::Options{})};
  EXPECT_EQ(smallest_sufficient_cohort({40, 1, 10}, mean, 1, 100, 1e-3), std::nullopt);
}

TEST(ToleratedF, IsWhatTheWeakestPartTolerates) {
  const RuleOf<Krum> krum(Krum::Options{});
  Aggregation aggregation{{}, std::make_shared<const RuleOf<Krum>>(Krum::Options{})};
  EXPECT_EQ(tolerated_f(aggregation, 20), krum.tolerated(20));
  aggregation.maps.push_back(std::make_shared<const RowMapOf<Nnm>>(Nnm::Options{}));
  EXPECT_EQ(tolerated_f(aggregation, 20),
            std::min(krum.tolerated(20), aggregation.maps[0]->tolerated(20)));
  EXPECT_EQ(tolerated_f({}, 20), 20U);
}

}  // namespace
}  // namespace cohort
