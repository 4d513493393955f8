#include "algorithms/estimators/zeroth_order.hpp"

#include <algorithm>

#include "tests/algorithms/estimators/value_oracle.hpp"

namespace cohort {
namespace {

using namespace stages;

constexpr Direction every_direction[] = {Direction::gaussian, Direction::rademacher,
                                         Direction::sphere, Direction::coordinate,
                                         Direction::orthonormal};

ZerothOrder::Options with(Direction direction, std::uint64_t count = 1,
                          Difference difference = Difference::central) {
  return {{.difference = difference, .direction = direction, .count = count, .radius = 1e-3}};
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

// The closed forms below are of the law, n draws of it leave a few per cent: 4 of the standard
// errors that the second moments of these laws have.
constexpr std::uint64_t draws = 40000;
constexpr double moment_error = 0.04;

Vec slope_of(Index d) { return surrogate(4, d); }
Mat curvature_of(Index d) {
  Mat a(d, d);
  Stream(6, Purpose::test).fill_normal({a.data(), static_cast<std::size_t>(a.size())});
  return a + a.transpose();
}

// f = a + Gᵀw: E‖g‖² = a² d/μ² + (d + 2)‖G‖² at w = 0.
TEST(ZerothOrder, OnePointVariesByTheValueOverTheRadius) {
  constexpr Index d = 4;
  const Vec slope = slope_of(d);
  const ByValues f(d, [&](VecView w) { return 0.7 + slope.dot(w); });
  auto options = with(Direction::gaussian, 1, Difference::one_point);
  options.radius = 0.5;
  const Moments m = Moments::of<ZerothOrder>(f, options, Vec::Zero(d), draws);
  const double expected = 0.7 * 0.7 * d / 0.25 + (d + 2) * slope.squaredNorm();
  EXPECT_NEAR(m.square, expected, moment_error * expected);
}

// f = Gᵀw + wᵀAw/2: E‖g‖² = (d + 2)‖G‖² + (μ²/4)(d + 4)(2‖A‖_F² + (tr A)²) at w = 0.
TEST(ZerothOrder, ForwardDifferencesVaryByTheCurvatureToo) {
  constexpr Index d = 4;
  const Vec slope = 0.2 * slope_of(d);
  const Mat a = curvature_of(d);
  const ByValues f(d, [&](VecView w) { return slope.dot(w) + 0.5 * w.dot(a * w); });
  auto options = with(Direction::gaussian, 1, Difference::forward);
  options.radius = 0.4;
  const Moments m = Moments::of<ZerothOrder>(f, options, Vec::Zero(d), 4 * draws);
  const double expected = (d + 2) * slope.squaredNorm() +
                          0.04 * (d + 4) * (2 * a.squaredNorm() + a.trace() * a.trace());
  // Sixth powers of normals have heavy tails.
  EXPECT_NEAR(m.square, expected, 2 * moment_error * expected);
}

// g_i = G_i + Σ_{j≠i} G_j u_j u_i: the variance of a coordinate is what the others bring.
TEST(ZerothOrder, SimultaneousPerturbationVariesByTheOtherCoordinates) {
  constexpr Index d = 4;
  const Vec slope = slope_of(d);
  const ByValues f(d, [&](VecView w) { return slope.dot(w); });
  const Moments m = Moments::of<ZerothOrder>(f, with(Direction::rademacher), Vec::Zero(d), draws);
  for (Index i = 0; i < d; ++i) {
    const double variance = slope.squaredNorm() - slope[i] * slope[i];
    EXPECT_NEAR(m.squares[i] - m.mean[i] * m.mean[i], variance, moment_error * slope.squaredNorm());
  }
}

// q directions: variance over q if they are drawn one by one, E‖g‖² = (d/q)‖G‖² if orthogonal.
TEST(ZerothOrder, BatchesOfDirectionsDivideTheVariance) {
  constexpr Index d = 6;
  constexpr std::uint64_t q = 3;
  const Vec slope = slope_of(d);
  const double square = slope.squaredNorm();
  const ByValues f(d, [&](VecView w) { return slope.dot(w); });
  const auto expect = [&](Direction direction, double expected) {
    const Moments m = Moments::of<ZerothOrder>(f, with(direction, q), Vec::Zero(d), draws / 2);
    EXPECT_NEAR(m.square, expected * square, moment_error * expected * square);
  };
  expect(Direction::gaussian, 1 + (d + 1.0) / q);
  expect(Direction::rademacher, 1 + (d - 1.0) / q);
  expect(Direction::sphere, 1 + (d - 1.0) / q);
  expect(Direction::coordinate, static_cast<double>(d) / q);
  expect(Direction::orthonormal, static_cast<double>(d) / q);
}

// In one dimension the sphere is ±1, so that the estimate of |x| is the gradient of |x| smoothed
// over [x − δ, x + δ], clip(x/δ, −1, 1), without variance: this is GFM.
TEST(ZerothOrder, SphereSmoothsANonsmoothFunctionOverTheBall) {
  const ByValues f(1, [](VecView w) { return std::abs(w[0]); });
  auto options = with(Direction::sphere);
  options.radius = 0.5;
  for (const double x : {-3.0, -0.5, -0.2, 0.0, 0.1, 0.4, 2.0}) {
    Estimating ask(f, estimator<ZerothOrder>(options));
    const double expected = std::clamp(x / 0.5, -1.0, 1.0);
    EXPECT_NEAR(ask(Vec::Constant(1, x), {0}, 7)[0], expected, 1e-15);
  }
}

TEST(ZerothOrder, QueriesAreCountedToTheLast) {
  const UnequalRows f(6, 5);
  const Vec w = surrogate(1, 5);
  const auto values = [&](Difference difference) {
    Estimating ask(f, estimator<ZerothOrder>(with(Direction::gaussian, 7, difference)));
    ask(w, {0, 3}, 0);
    EXPECT_EQ(ask.counts.rows[static_cast<std::size_t>(Query::value)],
              2 * ask.counts.calls[static_cast<std::size_t>(Query::value)]);
    return ask.counts.calls[static_cast<std::size_t>(Query::value)];
  };
  EXPECT_EQ(values(Difference::central), 14U);
  EXPECT_EQ(values(Difference::forward), 8U);
  EXPECT_EQ(values(Difference::one_point), 7U);
}

// A direction made of its stream when it is needed, and the same written out, give the same bits.
TEST(ZerothOrder, DirectionsNeedNotBeStored) {
  constexpr Index d = 5000;
  for (const Direction direction : every_direction) {
    Directions a(direction, 2, d, Stream(1, Purpose::test));
    Directions b(direction, 2, d, Stream(1, Purpose::test));
    Vec z;
    for (const std::uint64_t k : {0U, 1U}) {
      a.take(k);
      b.next(k, z);
      Vec x = surrogate(1, d);
      Vec y = x;
      a.add(0.3, x);
      kernels::axpy(0.3, as_span(z), as_mutable_span(y));
      EXPECT_EQ(x, y);
    }
  }
}

}  // namespace
}  // namespace cohort
