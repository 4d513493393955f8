#include "algorithms/estimators/svrg.hpp"

#include "tests/algorithms/estimators/unequal_rows.hpp"

namespace cohort {
namespace {

using namespace stages;
constexpr double rounding = 1e-14;  // a few dozen terms of order one

TEST(Svrg, IsUnbiasedByEnumeration) {
  const UnequalRows f(6, 4);
  const Vec anchor = surrogate(0, 4), w = surrogate(1, 4);
  Vec mean = Vec::Zero(4);
  for (std::uint32_t j = 0; j < 6; ++j) {
    Estimating svrg(f, estimator<Svrg>());
    svrg(anchor, {j}, 0);
    mean += svrg(w, {j}, 1) / 6.0;
  }
  EXPECT_TRUE(mean.isApprox(Estimating(f, estimator<Svrg>()).full(w), rounding));
}

TEST(Svrg, AtTheAnchorItIsTheFullGradientWhateverTheBatch) {
  const UnequalRows f(6, 4);
  const Vec w = surrogate(0, 4);
  Estimating svrg(f, estimator<Svrg>());
  for (std::uint32_t j = 0; j < 6; ++j) {
    EXPECT_TRUE(svrg(w, {j}, j).isApprox(svrg.full(w), rounding)) << j;
  }
}

TEST(Svrg, TakesAFullGradientEveryPeriod) {
  const UnequalRows f(6, 4);
  Estimating svrg(f, estimator<Svrg>({.period = 3}));
  for (std::uint64_t k = 0; k < 7; ++k) svrg(surrogate(k, 4), {1}, k);
  // At steps 0, 3, 6 six rows; two gradients of one row at every step.
  EXPECT_EQ(svrg.counts.rows[static_cast<std::size_t>(Query::gradient)], 3U * 6 + 7 * 2);
}

TEST(Svrg, ConvergesLinearlyWithAConstantRate) {
  const UnequalRows f(6, 4);
  Estimating svrg(f, estimator<Svrg>({.period = 12}));
  Vec w = Vec::Zero(4);
  for (std::uint64_t k = 0; k < 1200; ++k) {
    const auto j = static_cast<std::uint32_t>(Stream(5, Purpose::test, 0, k).below(6));
    w -= 0.1 * svrg(w, {j}, k);
  }
  EXPECT_LT((w - f.solution()).norm(), 1e-12);  // SGD would stay at a distance of about 0.1
}

}  // namespace
}  // namespace cohort
