#include "algorithms/surrogate.hpp"

#include <gtest/gtest.h>

#include <Eigen/LU>
#include <cmath>

namespace cohort {
namespace {

constexpr double noise = 1e-6;
// Solutions of systems whose condition is at most the number of points over the noise, 1e8.
constexpr double solved = 1e-7;
// Central differences over 1e-5 of functions of order one.
constexpr double difference = 1e-8;

constexpr RadialKernel kernels_tested[] = {{KernelName::rbf, 0.7}, {KernelName::matern52, 0.9}};

Vec normal(Index d, std::uint64_t k) {
  Vec x(d);
  Stream(5, Purpose::test, k).fill_normal(as_mutable_span(x));
  return x;
}

/// n points of [d] and the values there of Σ sin x + x_0².
QueryStore stored(std::size_t n, Index d) {
  QueryStore store;
  store.start(static_cast<std::size_t>(d));
  for (std::size_t j = 0; j < n; ++j) {
    const Vec x = normal(d, j);
    store.add(as_span(x), x.array().sin().sum() + x[0] * x[0]);
  }
  return store;
}

double k_of(const RadialKernel& kernel, const Vec& x, const Vec& y) {
  const double r = (x - y).norm() / kernel.length;
  if (kernel.name == KernelName::rbf) return std::exp(-r * r / 2);
  const double a = std::sqrt(5.0) * r;
  return (1 + a + a * a / 3) * std::exp(-a);
}

template <class F>
Vec differences(const F& f, const Vec& x) {
  constexpr double step = 1e-5;
  Vec g(x.size());
  for (Index j = 0; j < x.size(); ++j) {
    const Vec e = step * Vec::Unit(x.size(), j);
    g[j] = (f(Vec(x + e)) - f(Vec(x - e))) / (2 * step);
  }
  return g;
}

TEST(RadialKernel, IsTheFormulaAndItsSlope) {
  const Vec x = normal(3, 1), y = normal(3, 2);
  for (const RadialKernel& kernel : kernels_tested) {
    const double squared = (x - y).squaredNorm();
    double k = 0, h = 0, at_zero = 0, zero = 0;
    kernel.evaluate({&squared, 1}, {&k, 1}, {&h, 1});
    EXPECT_NEAR(k, k_of(kernel, x, y), 1e-14);
    const Vec slope = differences([&](const Vec& at) { return k_of(kernel, at, y); }, x);
    EXPECT_TRUE(slope.isApprox(h * (y - x), difference));
    kernel.evaluate({&zero, 1}, {}, {&at_zero, 1});
    EXPECT_DOUBLE_EQ(at_zero, kernel.slope_at_zero());
  }
}

TEST(GaussianProcess, OfTwoPointsIsTheClosedForm) {
  QueryStore store;
  store.start(1);
  const double left = 0, right = 1;
  store.add({&left, 1}, 3);
  store.add({&right, 1}, 5);
  for (const RadialKernel& kernel : kernels_tested) {
    GaussianProcess process(kernel, noise, 1);
    process.move_to(store, std::span(&left, 1), 2);
    // y − ȳ = ∓1 is an eigenvector of K + σ²I.
    const double a = 1 / (1 + noise - k_of(kernel, Vec::Zero(1), Vec::Ones(1)));
    const Vec x = Vec::Constant(1, 0.3);
    const double kl = k_of(kernel, x, Vec::Zero(1)), kr = k_of(kernel, x, Vec::Ones(1));
    EXPECT_NEAR(process.mean(x), 4 + a * (kr - kl), 1e-12);
    Vec g(1);
    process.gradient(x, g);
    const double squared[] = {0.09, 0.49};
    double h[2];
    kernel.evaluate(squared, {}, h);
    EXPECT_NEAR(g[0], a * (h[1] * 0.7 + h[0] * 0.3), 1e-12);
  }
}

TEST(GaussianProcess, GradientIsTheDerivativeOfTheMean) {
  const QueryStore store = stored(30, 4);
  for (const RadialKernel& kernel : kernels_tested) {
    GaussianProcess process(kernel, noise, 4);
    const Vec x = normal(4, 99);
    process.move_to(store, as_span(x), 20);
    Vec g(4);
    process.gradient(x, g);
    EXPECT_GT(g.norm(), 0.1);
    EXPECT_TRUE(g.isApprox(differences([&](const Vec& at) { return process.mean(at); }, x), 1e-6));
  }
}

TEST(GaussianProcess, GoesThroughItsPoints) {
  const QueryStore store = stored(15, 3);
  GaussianProcess process({KernelName::rbf, 1.0}, 1e-10, 3);
  process.move_to(store, store.point(0), 15);
  for (std::size_t j = 0; j < 15; ++j) {
    EXPECT_NEAR(process.mean(as_vec(store.point(j))), store.value(j), 1e-5);
  }
}

// tr S/(d h(0)) with S as it is defined, by dense algebra.
double uncertainty_by_definition(const RadialKernel& kernel, const QueryStore& store,
                                 const Vec& x) {
  const auto n = static_cast<Index>(store.size());
  Mat k(n, n), j(x.size(), n);
  for (Index a = 0; a < n; ++a) {
    const Vec xa = as_vec(store.point(static_cast<std::size_t>(a)));
    for (Index b = 0; b < n; ++b) {
      k(a, b) = k_of(kernel, xa, as_vec(store.point(static_cast<std::size_t>(b))));
    }
    k(a, a) += noise;
    const double squared = (xa - x).squaredNorm();
    double h = 0;
    kernel.evaluate({&squared, 1}, {}, {&h, 1});
    j.col(a) = h * (xa - x);
  }
  const Mat s = kernel.slope_at_zero() * Mat::Identity(x.size(), x.size()) -
                j * k.partialPivLu().solve(j.transpose());
  return s.trace() / (static_cast<double>(x.size()) * kernel.slope_at_zero());
}

TEST(GaussianProcess, UncertaintyIsTheTraceOfThePosteriorCovariance) {
  const QueryStore store = stored(12, 3);
  for (const RadialKernel& kernel : kernels_tested) {
    GaussianProcess process(kernel, noise, 3);
    process.move_to(store, store.point(0), 12);
    std::vector<double> points, u(5);
    for (std::uint64_t c = 0; c < 5; ++c) {
      const Vec x = 0.5 * normal(3, 50 + c);
      points.insert(points.end(), x.data(), x.data() + 3);
    }
    process.uncertainties(points, u);
    for (std::size_t c = 0; c < 5; ++c) {
      const Vec x = as_vec(std::span<const double>(points).subspan(3 * c, 3));
      EXPECT_NEAR(u[c], uncertainty_by_definition(kernel, store, x), solved);
      EXPECT_LT(u[c], 0.999);
    }
  }
}

TEST(GaussianProcess, UncertaintyShrinksFromThePriorAsPointsAreAdded) {
  const Vec x = 0.1 * normal(3, 77);
  for (const RadialKernel& kernel : kernels_tested) {
    double before = 1;
    for (std::size_t n = 0; n <= 30; n += 5) {
      const QueryStore store = stored(n, 3);
      GaussianProcess process(kernel, noise, 3);
      process.move_to(store, as_span(x), n);
      double u = 0;
      process.uncertainties(as_span(x), {&u, 1});
      EXPECT_LE(u, before + solved);
      if (n == 0) {
        EXPECT_EQ(u, 1);
      }
      before = u;
    }
    EXPECT_LT(before, 0.6);
  }
}

TEST(GaussianProcess, AMovedWindowIsThatOfANewProcess) {
  const QueryStore store = stored(200, 4);
  for (const RadialKernel& kernel : kernels_tested) {
    GaussianProcess moved(kernel, noise, 4);
    for (int step = 0; step <= 40; ++step) {
      const Vec x = normal(4, 7) + 0.05 * step * normal(4, 8);
      moved.move_to(store, as_span(x), 25);
      GaussianProcess anew(kernel, noise, 4);
      anew.move_to(store, as_span(x), 25);
      EXPECT_EQ(moved.size(), 25U);
      Vec g(4), expected(4);
      moved.gradient(x, g);
      anew.gradient(x, expected);
      EXPECT_TRUE(g.isApprox(expected, solved)) << step;
      double u = 0, wanted = 0;
      moved.uncertainties(as_span(x), {&u, 1});
      anew.uncertainties(as_span(x), {&wanted, 1});
      EXPECT_NEAR(u, wanted, solved);
    }
  }
}

TEST(GaussianProcess, PointsThatAreNotFiniteStayOut) {
  QueryStore store = stored(5, 2);
  const Vec x = normal(2, 30);
  store.add(as_span(x), std::numeric_limits<double>::quiet_NaN());
  const Vec nan = Vec::Constant(2, std::numeric_limits<double>::quiet_NaN());
  store.add(as_span(nan), 1);
  GaussianProcess process({}, noise, 2);
  process.move_to(store, as_span(x), 7);
  EXPECT_EQ(process.size(), 5U);
}

TEST(QueryStore, NearestAreTheNearestAndTiesGoToTheOlder) {
  QueryStore store;
  store.start(1);
  for (const double x : {3.0, 1.0, -1.0, 2.0, 0.5}) store.add({&x, 1}, 0);
  const double zero = 0;
  EXPECT_EQ(store.nearest({&zero, 1}, 2), (std::vector<std::uint32_t>{1, 4}));
  EXPECT_EQ(store.nearest({&zero, 1}, 3), (std::vector<std::uint32_t>{1, 2, 4}));
  store.forget(2);
  EXPECT_EQ(store.size(), 2U);
  EXPECT_EQ(store.point(0)[0], 2.0);
}

TEST(RandomFeatures, InnerProductsConvergeToTheKernel) {
  constexpr std::size_t features = 40000;
  const FeatureBasis basis(features, 3, Stream(9, Purpose::test));
  for (const RadialKernel& kernel : kernels_tested) {
    const RandomFeatures phi(basis, kernel);
    for (const double far : {0.0, 0.3, 1.0, 3.0}) {
      const Vec x = normal(3, 1);
      const Vec y = x + far * Vec::Unit(3, 1);
      const auto a = phi.of(as_span(x)), b = phi.of(as_span(y));
      // A mean of M terms in [−2, 2] of variance at most 1.5; 5 of its deviations.
      EXPECT_NEAR(as_vec(std::span<const double>(a)).dot(as_vec(std::span<const double>(b))),
                  k_of(kernel, x, y), 5 * std::sqrt(1.5 / features))
          << far;
    }
  }
}

TEST(RandomFeatures, GradientIsTheDerivativeOfTheValue) {
  const FeatureBasis basis(50, 4, Stream(9, Purpose::test));
  for (const RadialKernel& kernel : kernels_tested) {
    const RandomFeatures phi(basis, kernel);
    const Vec w = normal(50, 3), x = normal(4, 4);
    Vec g = Vec::Ones(4);
    phi.add_gradient(2.0, w, x, g);
    const Vec slope = differences([&](const Vec& at) { return phi.value(w, at); }, x);
    EXPECT_TRUE((g - Vec::Ones(4)).isApprox(2 * slope, difference));
  }
}

TEST(RandomFeatures, FitIsTheRidgeSolution) {
  const FeatureBasis basis(20, 2, Stream(9, Purpose::test));
  const RandomFeatures phi(basis, {});
  const QueryStore store = stored(35, 2);
  constexpr double ridge = 1e-2;
  const Vec w = phi.fit(store, store.point(0), 35, ridge);
  Mat features(35, 20);
  Vec y(35);
  for (std::size_t j = 0; j < 35; ++j) {
    const auto row = phi.of(store.point(j));
    features.row(static_cast<Index>(j)) = as_vec(std::span<const double>(row)).transpose();
    y[static_cast<Index>(j)] = store.value(j);
  }
  y.array() -= y.mean();
  const Mat normal_matrix = features.transpose() * features + ridge * Mat::Identity(20, 20);
  EXPECT_TRUE(w.isApprox(normal_matrix.partialPivLu().solve(features.transpose() * y), 1e-9));
}

TEST(RandomFeatures, MeanOfWeightsIsTheSurrogateOfTheMean) {
  const FeatureBasis basis(300, 4, Stream(9, Purpose::test));
  const RandomFeatures phi(basis, {KernelName::matern52, 1.0});
  const Vec x = normal(4, 11);
  Vec mean_weights = Vec::Zero(300), mean_gradient = Vec::Zero(4);
  for (std::size_t i = 0; i < 5; ++i) {
    const QueryStore store = stored(20 + i, 4);
    const Vec w = phi.fit(store, as_span(x), 20, noise);
    mean_weights += w / 5;
    phi.add_gradient(0.2, w, x, mean_gradient);
  }
  Vec g = Vec::Zero(4);
  phi.add_gradient(1.0, mean_weights, x, g);
  // Weights of 1e2 add up to a gradient of order one.
  EXPECT_TRUE(g.isApprox(mean_gradient, 1e-12));
}

TEST(RandomFeatures, ManyOfThemAreTheProcess) {
  const QueryStore store = stored(25, 3);
  const Vec x = 0.5 * normal(3, 12);
  constexpr double ridge = 1e-2;
  for (const RadialKernel& kernel : kernels_tested) {
    GaussianProcess process(kernel, ridge, 3);
    process.move_to(store, as_span(x), 25);
    Vec g(3);
    process.gradient(x, g);
    double last = 0;
    for (const std::size_t features : {500U, 50000U}) {
      const FeatureBasis basis(features, 3, Stream(9, Purpose::test));
      const RandomFeatures phi(basis, kernel);
      Vec approximate = Vec::Zero(3);
      phi.add_gradient(1.0, phi.fit(store, as_span(x), 25, ridge), x, approximate);
      last = (approximate - g).norm() / g.norm();
    }
    EXPECT_LT(last, 0.05);
  }
}

}  // namespace
}  // namespace cohort
