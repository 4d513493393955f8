#include "algorithms/estimators/storm.hpp"

#include "algorithms/estimators/sarah.hpp"
#include "tests/algorithms/estimators/unequal_rows.hpp"

namespace cohort {
namespace {

using namespace stages;
constexpr double rounding = 1e-14;  // a few dozen terms of order one

TEST(Storm, FollowsTheBoxOnOneBatchAStep) {
  const UnequalRows f(6, 4);
  Estimating storm(f, estimator<Storm>({.share = 0.3}));
  const Vec w1 = surrogate(1, 4), w2 = surrogate(2, 4);
  const Vec d1 = storm(w1, {2}, 0), d2 = storm(w2, {5}, 1);
  EXPECT_EQ(d1, storm.batch_gradient(w1, {2}));
  const Vec expected = storm.batch_gradient(w2, {5}) + 0.7 * (d1 - storm.batch_gradient(w1, {5}));
  EXPECT_TRUE(d2.isApprox(expected, rounding));
}

TEST(Storm, ShareOneIsTheMinibatch) {
  const UnequalRows f(6, 4);
  Estimating storm(f, estimator<Storm>({.share = 1}));
  for (std::uint32_t k = 0; k < 4; ++k) {
    const Vec w = surrogate(k, 4);
    EXPECT_TRUE(storm(w, {k}, k).isApprox(storm.batch_gradient(w, {k}), rounding));
  }
}

TEST(Storm, AtRestItIsAMovingAverageOfBatchGradients) {
  const UnequalRows f(6, 4);
  Estimating storm(f, estimator<Storm>({.share = 0.5}));
  const Vec w = surrogate(0, 4);
  storm(w, {0}, 0);
  const Vec d = storm(w, {1}, 1);
  EXPECT_TRUE(d.isApprox(0.5 * storm.batch_gradient(w, {0}) + 0.5 * storm.batch_gradient(w, {1}),
                         rounding));
}

TEST(Storm, ShareZeroIsSarahFromItsFirstGradient) {
  const UnequalRows f(6, 4);
  Estimating storm(f, estimator<Storm>({.share = 0})), sarah(f, estimator<Sarah>());
  for (std::uint64_t k = 0; k < 5; ++k) {
    const Vec w = surrogate(k, 4);
    const auto rows =
        k == 0 ? all_rows(6) : std::vector<std::uint32_t>{static_cast<std::uint32_t>(k)};
    EXPECT_TRUE(storm(w, rows, k).isApprox(sarah(w, rows, k), rounding)) << k;
  }
}

}  // namespace
}  // namespace cohort
