#include "algorithms/estimators/forward_gradient.hpp"

#include "algorithms/estimators/zeroth_order.hpp"
#include "tests/algorithms/estimators/unequal_rows.hpp"

namespace cohort {
namespace {

using namespace stages;

TEST(ForwardGradient, AllOrthogonalDirectionsGiveTheGradientItself) {
  const UnequalRows f(6, 5);
  const Vec w = surrogate(1, 5);
  for (const Direction direction : {Direction::coordinate, Direction::orthonormal}) {
    Estimating ask(f, estimator<ForwardGradient>({.direction = direction, .count = 5}));
    EXPECT_TRUE(ask(w, {1, 4}, 0).isApprox(ask.batch_gradient(w, {1, 4}), 1e-13));
    EXPECT_EQ(ask.counts.calls[static_cast<std::size_t>(Query::jvp)], 5U);
  }
}

TEST(ForwardGradient, IsTheProjectionOnItsDirection) {
  const UnequalRows f(6, 5);
  const Vec w = surrogate(1, 5);
  Estimating ask(f, estimator<ForwardGradient>({.direction = Direction::rademacher, .count = 1}));
  const Vec g = ask(w, all_rows(6), 2), a = ask.full(w);
  Vec z(5);
  info(1, 2).stream.sub(0).fill_rademacher(as_mutable_span(z));
  EXPECT_TRUE(g.isApprox(a.dot(z) * z, 1e-13));
}

TEST(ForwardGradient, IsWhatCentralDifferencesTendTo) {
  const UnequalRows f(6, 5);
  const Vec w = surrogate(1, 5);
  Estimating exact(f, estimator<ForwardGradient>({.count = 3}));
  Estimating differences(f, estimator<ZerothOrder>({{.count = 3, .radius = 1e-3}}));
  // The same directions; central differences of a quadratic are exact but for rounding 1e-16/μ.
  EXPECT_TRUE(exact(w, {0, 1}, 7).isApprox(differences(w, {0, 1}, 7), 1e-11));
}

}  // namespace
}  // namespace cohort
