#include "algorithms/estimators/zeroth_order.hpp"

#include "tests/algorithms/estimators/unequal_rows.hpp"

namespace cohort {
namespace {

using namespace stages;

constexpr Direction every_direction[] = {Direction::gaussian, Direction::rademacher,
                                         Direction::sphere, Direction::coordinate,
                                         Direction::orthonormal};

ZerothOrder::Options with(Direction direction, std::uint64_t count = 1,
                          Difference difference = Difference::central) {
  return {.difference = difference, .direction = direction, .count = count, .radius = 1e-3};
}

TEST(ZerothOrder, AllOrthogonalDirectionsGiveTheGradientItself) {
  const UnequalRows f(6, 5);
  const Vec w = surrogate(1, 5);
  for (const Direction direction : {Direction::coordinate, Direction::orthonormal}) {
    Estimating ask(f, estimator<ZerothOrder>(with(direction, 5)));
    // Central differences of a quadratic are exact but for the rounding 1e-16/μ of the values.
    EXPECT_TRUE(ask(w, all_rows(6), 0).isApprox(ask.full(w), 1e-11));
    EXPECT_EQ(ask.counts.calls[static_cast<std::size_t>(Query::value)], 10U);
    // More directions than there are: each once.
    Estimating more(f, estimator<ZerothOrder>(with(direction, 50)));
    EXPECT_TRUE(more(w, all_rows(6), 0).isApprox(ask.full(w), 1e-11));
  }
}

// g = c zzᵀa with a = ∇f: E g = a, and E‖g‖² of one direction is (d + 2)‖a‖² or d‖a‖².
TEST(ZerothOrder, MomentsAreThoseOfTheLaw) {
  constexpr Index d = 5;
  constexpr std::uint64_t n = 40000;
  const UnequalRows f(6, d);
  const Vec w = surrogate(1, d);
  for (const Direction direction : every_direction) {
    Estimating ask(f, estimator<ZerothOrder>(with(direction)));
    const Vec a = ask.full(w);
    Vec mean = Vec::Zero(d);
    double square = 0;
    for (std::uint64_t k = 0; k < n; ++k) {
      const Vec g = ask(w, all_rows(6), k);
      mean += g / static_cast<double>(n);
      square += g.squaredNorm() / static_cast<double>(n);
    }
    const double expected = direction == Direction::gaussian ? d + 2 : d;
    // A mean of n draws of size √(d + 2)‖a‖ strays by 1/√n of it; 5 of those.
    EXPECT_LT((mean - a).norm(), 5 * std::sqrt(7.0 / n) * a.norm());
    EXPECT_NEAR(square / a.squaredNorm(), expected, 0.05 * expected);
  }
}

TEST(ZerothOrder, ForwardDifferencesAreOffByTheCurvatureTimesTheRadius) {
  const UnequalRows f(1, 3);
  const Vec w = surrogate(1, 3);
  ZerothOrder::Options options = with(Direction::coordinate, 3, Difference::forward);
  options.radius = 0.5;
  Estimating ask(f, estimator<ZerothOrder>(options));
  const Vec ahead = ask.full(w + Vec::Constant(3, 0.25));  // (f(w + μe) − f(w))/μ = f'(w + μ/2)
  EXPECT_TRUE(ask(w, {0}, 0).isApprox(ahead, 1e-13));
  EXPECT_EQ(ask.counts.calls[static_cast<std::size_t>(Query::value)], 4U);
}

TEST(ZerothOrder, OnePointIsUnbiasedForTheSmoothedGradient) {
  constexpr std::uint64_t n = 200000;
  const UnequalRows f(1, 2);
  const Vec w = surrogate(1, 2);
  ZerothOrder::Options options = with(Direction::gaussian, 1, Difference::one_point);
  options.radius = 1.0;
  Estimating ask(f, estimator<ZerothOrder>(options));
  Vec mean = Vec::Zero(2);
  double square = 0;
  for (std::uint64_t k = 0; k < n; ++k) {
    const Vec g = ask(w, {0}, k);
    mean += g / static_cast<double>(n);
    square += g.squaredNorm() / static_cast<double>(n);
  }
  // The Gaussian smoothing of a quadratic has the same gradient.
  EXPECT_LT((mean - ask.full(w)).norm(), 5 * std::sqrt(square / n));
}

TEST(ZerothOrder, DirectionsDifferBetweenStepsAndNotBetweenRuns) {
  const UnequalRows f(6, 5);
  const Vec w = surrogate(1, 5);
  for (const Direction direction : every_direction) {
    Estimating a(f, estimator<ZerothOrder>(with(direction, 2)));
    Estimating b(f, estimator<ZerothOrder>(with(direction, 2)));
    EXPECT_EQ(a(w, {1}, 3), b(w, {1}, 3));
    EXPECT_NE(a(w, {1}, 3), a(w, {1}, 4));
  }
}

}  // namespace
}  // namespace cohort
