#include "algorithms/estimators/saga.hpp"

#include "tests/algorithms/estimators/least_squares.hpp"
#include "tests/algorithms/estimators/unequal_rows.hpp"

namespace cohort {
namespace {

using namespace stages;
constexpr double rounding = 1e-14;  // a few dozen terms of order one

TEST(Saga, IsUnbiasedByEnumeration) {
  const LeastSquares f(6, 4);
  const Vec w = surrogate(9, 4);
  Vec mean = Vec::Zero(4);
  for (std::uint32_t j = 0; j < 6; ++j) {
    Estimating saga(f, estimator<Saga>());
    for (std::uint64_t k = 0; k < 4; ++k) saga(surrogate(k, 4), {static_cast<std::uint32_t>(k)}, k);
    const Vec g = saga(w, {j}, 4);
    EXPECT_FALSE(g.isApprox(saga.full(w), 1e-3)) << "it has no variance";
    mean += g / 6.0;
  }
  EXPECT_TRUE(mean.isApprox(Estimating(f, estimator<Saga>()).full(w), rounding));
}

TEST(Saga, KeepsTheMeanOfItsTable) {
  // On all rows what is remembered of them cancels against its mean.
  const LeastSquares f(6, 4);
  Estimating saga(f, estimator<Saga>());
  for (std::uint32_t k = 0; k < 20; ++k) saga(surrogate(k, 4), {k % 6, (k + 3) % 6}, k);
  const Vec w = surrogate(30, 4);
  EXPECT_TRUE(saga(w, all_rows(6), 20).isApprox(saga.full(w), rounding));
}

TEST(Saga, ConvergesLinearlyWithAConstantRate) {
  const LeastSquares f(6, 4);
  Estimating saga(f, estimator<Saga>());
  Vec w = Vec::Zero(4);
  for (std::uint64_t k = 0; k < 3000; ++k) {
    const auto j = static_cast<std::uint32_t>(Stream(5, Purpose::test, 0, k).below(6));
    w -= 0.03 * saga(w, {j}, k);
  }
  EXPECT_LT((w - f.solution()).norm(), 1e-12);
  // The first view is of all rows, then a gradient and a view of one row a step.
  EXPECT_EQ(saga.counts.rows[static_cast<std::size_t>(Query::linear_view)], 6U + 3000);
}

TEST(Saga, OfOneRowIsItsGradient) {
  const LeastSquares f(1, 4);
  Estimating saga(f, estimator<Saga>());
  for (std::uint64_t k = 0; k < 4; ++k) {
    const Vec w = surrogate(k, 4);
    EXPECT_TRUE(saga(w, {0}, k).isApprox(saga.full(w), rounding)) << k;
  }
}

}  // namespace
}  // namespace cohort
