// Problems that bring their own data and a solution that is known: test functions, phase
// retrieval, matrix sensing and factorisation.

#include <gmock/gmock.h>

#include <cmath>

#include "core/linalg.hpp"
#include "problems/derivative_check.hpp"
#include "problems/objectives/clipped_quadratic.hpp"
#include "problems/objectives/matrix_factorisation.hpp"
#include "problems/objectives/matrix_sensing.hpp"
#include "problems/objectives/phase_retrieval.hpp"
#include "problems/objectives/test_function.hpp"
#include "tests/problems/toy_rows.hpp"

namespace cohort {
namespace {

using test::Asker;
using testing::HasSubstr;
using Name = TestFunctionName;

// Some polynomials of numbers of size 1, or a few hundred products.
constexpr double rounding = 1e-12;

Sample of_client(const Function& f, std::uint64_t i) {
  Sample sample;
  sample.client = ClientId(i);
  sample.count = f.rows(RowSource::client, ClientId(i));
  return sample;
}

const TestFunctionOptions chosen[] = {
    {Name::rosenbrock, 5},
    {Name::powell, 8},
    {Name::wood, 8},
    {Name::beale, {}},
    {Name::himmelblau, {}},
    {Name::goldstein_price, {}},
    {Name::three_hump_camel, {}},
    {Name::styblinski_tang, 3},
    {Name::booth, {}},
    {Name::matyas, {}},
};

std::unique_ptr<Function> made(TestFunctionOptions options, std::uint64_t clients = 3) {
  return *TestFunction::make(options, 1, clients);
}

TEST(TestFunction, EveryAnswerAgreesWithDifferencesOfItsValues) {
  Asker asker;
  for (TestFunctionOptions options : chosen) {
    options.shift = 0.3;
    options.scale_spread = 0.5;
    const auto f = made(options);
    const Vec w = test::some_point(f->layout().size());
    const auto report = check_derivatives(*f, asker.context(), of_client(*f, 2), w);
    EXPECT_TRUE(report.passed()) << option_names(options.name)[0].first << "\n"
                                 << report.to_string();
    EXPECT_GE(report.checks.size(), 20U);
  }
}

TEST(TestFunction, HasTheStatedMinimumWithoutSlopeOrNegativeCurvature) {
  Asker asker;
  const std::vector<double> p{0.2, 0.3, 0.5};
  for (const TestFunctionOptions& options : chosen) {
    const auto f = made(options);
    ASSERT_TRUE(f->has_minimiser());
    const Vec x = f->minimiser(p);
    Vec g(x.size());
    const double value = f->gradient(asker.context(), of_client(*f, 0), x, {}, g);
    const double d = static_cast<double>(x.size());
    const double minimum = options.name == Name::goldstein_price   ? 3
                           : options.name == Name::styblinski_tang ? -39.16616570377142 * d
                                                                   : 0;
    EXPECT_NEAR(value, minimum, rounding * std::max(1.0, std::abs(minimum)));
    EXPECT_LT(g.cwiseAbs().maxCoeff(), 1e-10);
    test::HessianMatrix hessian(f->layout().size());
    f->hessian(asker.context(), of_client(*f, 0), x, hessian);
    EXPECT_GT(-top_eigenpair(-hessian.matrix).value, -1e-9);
    EXPECT_EQ(f->distance(x, x), 0);
  }
}

TEST(TestFunction, IsTheFormulaAtKnownPoints) {
  Asker asker;
  const auto at = [&](Name name, const std::vector<double>& w) {
    const auto f = made({name, w.size()});
    return f->value(asker.context(), of_client(*f, 0), as_vec(std::span(w)));
  };
  // Values at the starting points of Moré, Garbow and Hillstrom, worked by hand.
  EXPECT_DOUBLE_EQ(at(Name::rosenbrock, {-1.2, 1}), 24.2);
  EXPECT_DOUBLE_EQ(at(Name::powell, {3, -1, 0, 1}), 215);
  EXPECT_DOUBLE_EQ(at(Name::wood, {-3, -1, -3, -1}), 19192);
  EXPECT_DOUBLE_EQ(at(Name::beale, {1, 1}), 14.203125);
  EXPECT_DOUBLE_EQ(at(Name::himmelblau, {0, 0}), 170);
  EXPECT_DOUBLE_EQ(at(Name::goldstein_price, {0, 0}), 600);
  EXPECT_DOUBLE_EQ(at(Name::three_hump_camel, {1, 1}), 2 - 1.05 + 1.0 / 6 + 2);
  EXPECT_DOUBLE_EQ(at(Name::styblinski_tang, {1, 2}), -5 - 19);
  EXPECT_DOUBLE_EQ(at(Name::booth, {0, 0}), 74);
  EXPECT_DOUBLE_EQ(at(Name::matyas, {1, -1}), 1);
}

TEST(TestFunction, DistanceIsToTheNearestOfHimmelblausFour) {
  const auto f = made({Name::himmelblau, {}});
  const std::vector<double> p{1, 0, 0};
  const Vec near = (Vec(2) << 3.584428340330492, -1.848126526964404 + 0.25).finished();
  EXPECT_NEAR(f->distance(near, f->minimiser(p)), 0.25, rounding);
}

TEST(TestFunction, ShiftedQuadraticsHaveTheirCommonMinimiser) {
  Asker asker;
  const std::vector<double> p{0.2, 0.3, 0.5};
  for (const Name name : {Name::booth, Name::matyas}) {
    const auto f = made({name, {}, 2, 0.7});
    const Vec x = f->minimiser(p);
    Vec mean = Vec::Zero(2), g(2);
    for (std::uint64_t i = 0; i < 3; ++i) {
      f->gradient(asker.context(), of_client(*f, i), x, {}, g);
      EXPECT_GT(g.norm(), 0.01);
      mean += p[i] * g;
    }
    EXPECT_LT(mean.norm(), 10 * rounding);
  }
  EXPECT_FALSE(made({Name::beale, {}, 1})->has_minimiser());
  EXPECT_TRUE(made({Name::beale, {}, 0, 1})->has_minimiser());
}

TEST(TestFunction, ADimensionThatItDoesNotHaveIsRefused) {
  const auto message = [](const TestFunctionOptions& options) {
    const auto f = TestFunction::make(options, 1, 2);
    return f ? std::string("made") : f.error().message;
  };
  EXPECT_THAT(message({Name::powell, 6}), HasSubstr("multiple of 4, found 6"));
  EXPECT_THAT(message({Name::beale, 3}), HasSubstr("dimension 2, found 3"));
  EXPECT_THAT(message({Name::rosenbrock, 1}), HasSubstr("at least 2, found 1"));
}

// ---- Squared forms

/// w* is a minimum of value 0 for every client, and with noise it is not.
template <class F>
void expect_planted(const F& f) {
  Asker asker;
  const Vec x = f.minimiser({});
  Vec g(x.size());
  for (std::uint64_t i = 0; i < 3; ++i) {
    EXPECT_LT(f.gradient(asker.context(), of_client(f, i), x, {}, g), rounding);
    EXPECT_LT(g.cwiseAbs().maxCoeff(), rounding);
  }
  EXPECT_LT(f.distance(x, x), rounding);
  EXPECT_GT(f.distance(f.start(), x), 0.1);
}

template <class F>
void expect_consistent(const F& f) {
  Asker asker;
  Sample some = of_client(f, 2);
  constexpr std::uint32_t picks[] = {3, 1, 1, 7};
  some.picks = picks;
  for (const Sample& sample : {of_client(f, 1), some}) {
    const auto report = check_derivatives(f, asker.context(), sample, f.start());
    EXPECT_TRUE(report.passed()) << f.name() << "\n" << report.to_string();
    EXPECT_GE(report.checks.size(), 20U);
  }
}

TEST(PhaseRetrieval, IsConsistentAndItsPlantedVectorIsAMinimum) {
  const PhaseRetrieval f({{.rows = 12, .heterogeneity = 0.3}, 5}, 1, 3);
  expect_consistent(f);
  expect_planted(f);
  const Vec other = -f.planted();
  EXPECT_LT(f.distance(other, f.planted()), rounding);
  EXPECT_NEAR(f.planted().norm(), 1, rounding);
  EXPECT_FALSE(PhaseRetrieval({{.rows = 12, .noise = 0.1}, 5}, 1, 3).has_minimiser());
}

TEST(PhaseRetrieval, GradientDescentFindsTheVectorUpToItsSign) {
  const PhaseRetrieval f({{.rows = 200}, 5}, 3, 1);
  Asker asker;
  Vec w = f.start(), g(5);
  for (int k = 0; k < 1000; ++k) {
    f.gradient(asker.context(), of_client(f, 0), w, {}, g);
    w -= 0.1 * g;
  }
  EXPECT_LT(f.distance(w, f.planted()), 1e-10);
}

TEST(MatrixSensing, IsConsistentAndItsPlantedMatrixIsAMinimum) {
  const MatrixSensing f({{.rows = 12, .heterogeneity = 0.3}, 4, 2, 3}, 1, 3);
  expect_consistent(f);
  expect_planted(f);
  // A rotation of the factor is the same matrix: value 0, distance 0.
  Asker asker;
  const double c = std::cos(0.7), s = std::sin(0.7);
  Vec turned(8);
  for (Index a = 0; a < 4; ++a) {
    const double x = f.planted()[2 * a], y = f.planted()[2 * a + 1];
    turned[2 * a] = c * x - s * y;
    turned[2 * a + 1] = s * x + c * y;
  }
  EXPECT_LT(f.value(asker.context(), of_client(f, 0), turned), rounding);
  EXPECT_LT(f.distance(turned, f.planted()), rounding);
  EXPECT_GT((turned - f.planted()).norm(), 0.1);
}

TEST(MatrixFactorisation, IsConsistentAndItsPlantedMatrixIsAMinimum) {
  const MatrixFactorisation f({{.rows = 20, .heterogeneity = 0.3}, 6, 5, 2, 4}, 1, 3);
  expect_consistent(f);
  expect_planted(f);
  // Entries are of size 1 in the mean square, if the singular values are equal.
  const MatrixFactorisation equal({{}, 6, 5, 2, 1}, 1, 3);
  double square = 0;
  for (Index a = 0; a < 6; ++a) {
    for (Index b = 0; b < 5; ++b) {
      const double entry =
          equal.planted().segment(2 * a, 2).dot(equal.planted().segment(12 + 2 * b, 2));
      square += entry * entry / 30;
    }
  }
  EXPECT_NEAR(square, 1, rounding);
}

TEST(MatrixFactorisation, HeterogeneityOneGivesEveryClientItsOwnUsers) {
  const MatrixFactorisation own({{.rows = 200, .heterogeneity = 1}, 9, 5, 2}, 1, 3);
  const MatrixFactorisation any({{.rows = 200}, 9, 5, 2}, 1, 3);
  std::size_t foreign = 0;
  for (std::uint64_t j = 0; j < 200; ++j) {
    EXPECT_EQ(own.entry(ClientId(1), j).first / 3, 1U);
    foreign += any.entry(ClientId(1), j).first / 3 == 1 ? 0U : 1U;
  }
  EXPECT_GT(foreign, 100U);
}

TEST(SyntheticProblems, WhatCannotBeIsRefused) {
  const auto message = [](const auto& f) { return f ? std::string("made") : f.error().message; };
  EXPECT_THAT(message(MatrixSensingProblem::make({{}, 3, 4}, 1, 2)), HasSubstr("rank"));
  EXPECT_THAT(message(MatrixFactorisationProblem::make({{}, 3, 9, 4}, 1, 2)), HasSubstr("rank"));
  EXPECT_THAT(message(MatrixFactorisationProblem::make({{.heterogeneity = 1}, 3, 9, 1}, 1, 4)),
              HasSubstr("3 users"));
  EXPECT_THAT(message(PhaseRetrievalProblem::make({{.rows = 1000000}, 100000}, 1, 10)),
              HasSubstr("GiB"));
  EXPECT_THAT(message(PhaseRetrievalProblem::make({}, 1, 0)), HasSubstr("no clients"));
}

TEST(NearestOrthogonal, IsThePolarFactor) {
  const Mat a = (Mat(2, 2) << 0, -3, 2, 0).finished();
  EXPECT_LT((nearest_orthogonal(a) - (Mat(2, 2) << 0, -1, 1, 0).finished()).norm(), rounding);
}

TEST(ClippedQuadratic, EveryAnswerAgreesWithDifferencesOfItsValues) {
  Asker asker;
  const ClippedQuadratic f({.dimension = 7, .divergence = 5}, 1, 3);
  Vec x = f.start();  // inside the box
  x[2] = 1.5;         // out of it
  x[3] = -0.5;
  const auto report = check_derivatives(f, asker.context(), of_client(f, 1), x);
  EXPECT_TRUE(report.passed()) << report.to_string();
  EXPECT_GE(report.checks.size(), 5U);
}

TEST(ClippedQuadratic, EvenMeanIsTheFormulaWhateverTheDivergence) {
  Asker asker;
  constexpr std::uint64_t n = 5, d = 300;
  const std::vector<double> even(n, 1.0 / n);
  for (const double divergence : {0.0, 0.5, 50.0}) {
    const ClippedQuadratic f({.dimension = d, .divergence = divergence}, 2, n);
    const auto mean = [&](const Vec& x) {
      double sum = 0;
      for (std::uint64_t i = 0; i < n; ++i) sum += f.value(asker.context(), of_client(f, i), x);
      return sum / n;
    };
    const Vec x = f.start(), z = (20 * x.array() - 10).matrix();
    EXPECT_NEAR(mean(x), 0.1 / d * (z.squaredNorm() + z.sum() + 1), 1e-10);
    const Vec best = f.minimiser(even);
    EXPECT_TRUE(best.isApprox(Vec::Constant(d, 0.475), rounding)) << divergence;
    EXPECT_NEAR(mean(best), -0.025 + 0.1 / d, 1e-12);
  }
}

TEST(ClippedQuadratic, ClientsDifferByTheDivergence) {
  Asker asker;
  const ClippedQuadratic equal({.dimension = 20, .divergence = 0}, 2, 3);
  const ClippedQuadratic apart({.dimension = 20, .divergence = 2}, 2, 3);
  const Vec x = equal.start();
  const auto value = [&](const Function& f, std::uint64_t i) {
    return f.value(asker.context(), of_client(f, i), x);
  };
  EXPECT_EQ(value(equal, 0), value(equal, 2));
  EXPECT_GT(std::abs(value(apart, 0) - value(apart, 2)), 0.01);
}

// With uneven weights the mean has other coefficients, and the minimiser may lie at an end.
TEST(ClippedQuadratic, MinimiserIsLeastForAnyWeights) {
  Asker asker;
  const ClippedQuadratic f({.dimension = 6, .divergence = 50}, 3, 3);
  const std::vector<double> weights = {0.7, 0.2, 0.1};
  const auto mean = [&](const Vec& x) {
    double sum = 0;
    for (std::uint64_t i = 0; i < 3; ++i) {
      sum += weights[i] * f.value(asker.context(), of_client(f, i), x);
    }
    return sum;
  };
  const Vec best = f.minimiser(weights);
  for (Index j = 0; j < 6; ++j) {
    for (int k = 0; k <= 100; ++k) {
      Vec x = best;
      x[j] = 0.01 * k;
      EXPECT_GE(mean(x), mean(best) - rounding);
    }
  }
}

}  // namespace
}  // namespace cohort
