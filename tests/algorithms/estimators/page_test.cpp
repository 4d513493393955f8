#include "algorithms/estimators/page.hpp"

#include "tests/algorithms/estimators/unequal_rows.hpp"

namespace cohort {
namespace {

using namespace stages;

TEST(Page, WithProbabilityOneItIsTheFullBatchBitwise) {
  const UnequalRows f(6, 4);
  Estimating page(f, estimator<Page>({.probability = 1}));
  for (std::uint64_t k = 0; k < 4; ++k) {
    EXPECT_EQ(page(surrogate(k, 4), {1}, k), page.full(surrogate(k, 4)));
  }
}

TEST(Page, TheCoinFallsAsOftenAsItsProbability) {
  const UnequalRows f(6, 4);
  Estimating page(f, estimator<Page>({.probability = 0.25}));
  constexpr std::uint64_t steps = 4000;
  for (std::uint64_t k = 0; k < steps; ++k) page(surrogate(k % 7, 4), {1}, k);
  // A full gradient reads 6 rows, the others 2.
  const auto rows = page.counts.rows[static_cast<std::size_t>(Query::gradient)];
  const double share = static_cast<double>(rows - 2 * steps) / (4.0 * steps);
  EXPECT_NEAR(share, 0.25, 4 * std::sqrt(0.25 * 0.75 / steps));  // 4 standard deviations
}

TEST(Page, ConvergesLinearlyWithAConstantRate) {
  const UnequalRows f(6, 4);
  Estimating page(f, estimator<Page>({.probability = 0.3}));
  Vec w = Vec::Zero(4);
  for (std::uint64_t k = 0; k < 1200; ++k) {
    const auto j = static_cast<std::uint32_t>(Stream(5, Purpose::test, 0, k).below(6));
    w -= 0.1 * page(w, {j}, k);
  }
  EXPECT_LT((w - f.solution()).norm(), 1e-12);
}

}  // namespace
}  // namespace cohort
