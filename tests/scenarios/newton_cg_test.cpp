#include "scenarios/newton_cg.hpp"

#include <Eigen/Cholesky>
#include <cmath>

#include "core/random.hpp"

namespace cohort {
namespace {

using testing::HasSubstr;

/// ½ wᵀ A w − bᵀ w
SmoothConvex quadratic(const Mat& a, const Vec& b) {
  return {[a, b](const Vec& w, Vec& g) -> Result<double> {
            g = a * w - b;
            return (0.5 * w.transpose() * (a * w))(0) - (b.transpose() * w)(0);
          },
          [a](const Vec&, const Vec& v, Vec& out) -> Result<void> {
            out = a * v;
            return {};
          }};
}

/// A function of one variable, from its value and first two derivatives.
SmoothConvex scalar(std::function<double(double)> f, std::function<double(double)> f1,
                    std::function<double(double)> f2) {
  return {[f, f1](const Vec& w, Vec& g) -> Result<double> {
            g[0] = f1(w[0]);
            return f(w[0]);
          },
          [f2](const Vec& w, const Vec& v, Vec& out) -> Result<void> {
            out = f2(w[0]) * v;
            return {};
          }};
}

TEST(NewtonCg, SolvesAQuadratic) {
  constexpr Index d = 20;
  const Stream stream(7, Purpose::test);
  Mat m(d, d);
  stream.fill_normal({m.data(), static_cast<std::size_t>(m.size())});
  const Mat a = m.transpose() * m + Mat::Identity(d, d);
  Vec b(d);
  stream.fill_normal(as_mutable_span(b), d * d);

  const auto found = minimise(quadratic(a, b), Vec::Zero(d));

  ASSERT_TRUE(found) << found.error().message;
  const Vec expected = Eigen::LLT<Mat>(a).solve(b);
  // The eigenvalues of A are between 1 and about 80: ‖x − x*‖ ≤ ‖∇F(x)‖ ≤ 1e-10 at worst.
  EXPECT_LE((found->x - expected).lpNorm<Eigen::Infinity>(), 1e-12);
  EXPECT_LE(found->gradient_norm, 1e-12);
}

TEST(NewtonCg, ReachesTheMinimiserWherePlainNewtonStepsOvershoot) {
  // f = √(1 + w²) + w/2: from w = 10 the full Newton step goes to −10³. f' = 0 at w = −1/√3.
  const auto f = scalar([](double w) { return std::sqrt(1 + w * w) + w / 2; },
                        [](double w) { return w / std::sqrt(1 + w * w) + 0.5; },
                        [](double w) { return std::pow(1 + w * w, -1.5); });

  const auto found = minimise(f, Vec::Constant(1, 10.0));

  ASSERT_TRUE(found) << found.error().message;
  EXPECT_NEAR(found->x[0], -1 / std::sqrt(3.0), 1e-14);
  EXPECT_NEAR(found->value, std::sqrt(3.0) / 2, 1e-15);
  EXPECT_LE(found->gradient_norm, 1e-14);
}

TEST(NewtonCg, StaysAtAMinimiser) {
  const auto found = minimise(quadratic(Mat::Identity(3, 3), Vec::Zero(3)), Vec::Zero(3));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->steps, 0U);
  EXPECT_EQ(found->value, 0);
}

TEST(NewtonCg, RefusesWhatHasNoMinimiser) {
  // e^{−w} falls for ever; its gradient is below any tolerance only at w = ∞, and Newton goes on.
  const auto falling = scalar([](double w) { return 100 * std::exp(-w); },
                              [](double w) { return -100 * std::exp(-w); },
                              [](double w) { return 100 * std::exp(-w); });
  NewtonLimits limits;
  limits.steps = 10;
  const auto none = minimise(falling, Vec::Zero(1), limits);
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().message, HasSubstr("no minimiser was found"));
  EXPECT_THAT(none.error().message, HasSubstr("l2 > 0"));

  Mat saddle = Mat::Identity(2, 2);
  saddle(1, 1) = -1;
  const auto refused = minimise(quadratic(saddle, Vec::LinSpaced(2, 1, 2)), Vec::Zero(2));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("not convex"));
}

TEST(NewtonCg, PassesOnAnErrorOfTheFunction) {
  SmoothConvex broken = quadratic(Mat::Identity(2, 2), Vec::Ones(2));
  broken.hvp = [](const Vec&, const Vec&, Vec&) -> Result<void> { return peer_lost("rank 1"); };
  const auto result = minimise(broken, Vec::Zero(2));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::peer_lost);
}

}  // namespace
}  // namespace cohort
