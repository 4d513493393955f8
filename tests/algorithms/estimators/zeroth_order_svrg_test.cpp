#include "algorithms/estimators/zeroth_order_svrg.hpp"

#include "algorithms/estimators/svrg.hpp"
#include "tests/algorithms/estimators/unequal_rows.hpp"

namespace cohort {
namespace {

using namespace stages;

ZerothOrderSvrg::Options with(Direction direction, std::uint64_t count, std::uint64_t period) {
  return {{.direction = direction, .count = count, .radius = 1e-3}, period};
}

TEST(ZerothOrderSvrg, AlongEveryCoordinateItIsSvrg) {
  const UnequalRows f(6, 5);
  Estimating zeroth(f, estimator<ZerothOrderSvrg>(with(Direction::coordinate, 5, 10)));
  Estimating first(f, estimator<Svrg>({.period = 10}));
  for (std::uint64_t k = 0; k < 4; ++k) {
    const Vec w = surrogate(k, 5);
    // Central differences of a quadratic are exact but for the rounding 1e-16/μ of the values.
    EXPECT_TRUE(zeroth(w, {1, 4}, k).isApprox(first(w, {1, 4}, k), 1e-10));
  }
}

// At the anchor the batch takes no part: both terms of it are the same bits.
TEST(ZerothOrderSvrg, AtTheAnchorTheRowsAddNoVariance) {
  const UnequalRows f(6, 5);
  const Vec w = surrogate(1, 5);
  Estimating a(f, estimator<ZerothOrderSvrg>(with(Direction::gaussian, 1, 10)));
  Estimating b(f, estimator<ZerothOrderSvrg>(with(Direction::gaussian, 1, 10)));
  const Vec g = a(w, {0}, 0);
  EXPECT_TRUE(g.isApprox(b(w, {5, 2}, 0), 1e-12));
  EXPECT_TRUE(a(w, {3}, 1).isApprox(g, 1e-12));
  EXPECT_FALSE(a(surrogate(2, 5), {3}, 2).isApprox(g, 1e-2));
}

TEST(ZerothOrderSvrg, AsksAllRowsOnceAPeriod) {
  const UnequalRows f(6, 5);
  Estimating ask(f, estimator<ZerothOrderSvrg>(with(Direction::rademacher, 3, 4)));
  for (std::uint64_t k = 0; k < 8; ++k) ask(surrogate(k, 5), {1}, k);
  const auto value = static_cast<std::size_t>(Query::value);
  EXPECT_EQ(ask.counts.calls[value], 8U * 12 + 2 * 6);
  EXPECT_EQ(ask.counts.rows[value], 8U * 12 + 2 * 6 * 6);
}

}  // namespace
}  // namespace cohort
