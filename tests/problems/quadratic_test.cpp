#include "problems/objectives/quadratic.hpp"

#include <Eigen/Eigenvalues>

#include "core/linalg.hpp"
#include "problems/derivative_check.hpp"
#include "tests/problems/toy_rows.hpp"

namespace cohort {
namespace {

using test::all_rows;
using test::Asker;

// A few reflections and a solve in 20 dimensions at condition 100.
constexpr double rounding = 1e-12;

Sample of_client(std::uint64_t i) {
  Sample sample;
  sample.client = ClientId(i);
  sample.count = 1;
  return sample;
}

Mat hessian_of(const Function& f, std::uint64_t client) {
  Asker asker;
  test::HessianMatrix sink(f.layout().size());
  f.hessian(asker.context(), of_client(client), f.start(), sink);
  return sink.matrix;
}

TEST(Quadratic, EveryAnswerAgreesWithDifferencesOfItsValues) {
  Asker asker;
  for (const std::uint64_t reflections : {0U, 3U}) {
    for (const double spread : {0.0, 0.5}) {
      const Quadratic f({.dimension = 9, .spectrum_spread = spread, .reflections = reflections}, 1,
                        3);
      const auto report = check_derivatives(f, asker.context(), of_client(2), test::some_point(9));
      EXPECT_TRUE(report.passed()) << report.to_string();
      EXPECT_GE(report.checks.size(), 20U);
    }
  }
}

TEST(Quadratic, EigenvaluesAreSpacedFromLOverKappaToL) {
  const Quadratic f({.dimension = 5, .smoothness = 4, .condition = 16}, 1, 2);
  const Eigen::SelfAdjointEigenSolver<Mat> solver(hessian_of(f, 1));
  EXPECT_LT(
      (solver.eigenvalues() - (Vec(5) << 0.25, 0.5, 1, 2, 4).finished()).cwiseAbs().maxCoeff(),
      rounding);
}

TEST(Quadratic, SpreadSpectraDifferAndStayInBounds) {
  const Quadratic f({.dimension = 12, .condition = 50, .spectrum_spread = 1, .reflections = 0}, 1,
                    2);
  const Vec first = hessian_of(f, 0).diagonal(), second = hessian_of(f, 1).diagonal();
  EXPECT_GT((first - second).cwiseAbs().maxCoeff(), 0.1);
  for (const Vec& spectrum : {first, second}) {
    EXPECT_GE(spectrum.minCoeff(), 0.02);
    EXPECT_LE(spectrum.maxCoeff(), 1.0);
  }
}

TEST(Quadratic, GradientVanishesAtAClientsOwnMinimiserAndTheirMeanAtTheCommonOne) {
  const Quadratic f({.dimension = 20, .condition = 100}, 5, 4);
  Asker asker;
  const std::vector<double> p{0.1, 0.2, 0.3, 0.4};
  const Vec common = f.minimiser(p);
  Vec mean = Vec::Zero(20), g(20);
  for (std::uint64_t i = 0; i < 4; ++i) {
    f.gradient(asker.context(), of_client(i), common, {}, g);
    EXPECT_GT(g.norm(), 0.1);
    mean += p[i] * g;
    EXPECT_EQ(f.value(asker.context(), of_client(i), f.client_minimiser(ClientId(i))), 0);
  }
  EXPECT_LT(mean.norm(), rounding);
}

// Fixed point of FedAvg with K steps of rate η on quadratics (e.g. Charles and Konečný 2021):
//   (Σ p_i B_i) x = Σ p_i B_i b_i,   B_i = I − (I − η A_i)^K.
Vec fedavg_fixed_point(const Quadratic& f, double rate, int steps, const std::vector<double>& p) {
  const auto d = static_cast<Index>(f.layout().size());
  Mat left = Mat::Zero(d, d);
  Vec right = Vec::Zero(d);
  for (std::uint64_t i = 0; i < p.size(); ++i) {
    const Mat step = Mat::Identity(d, d) - rate * hessian_of(f, i);
    Mat power = Mat::Identity(d, d);
    for (int k = 0; k < steps; ++k) power = power * step;
    left += p[i] * (Mat::Identity(d, d) - power);
    right += p[i] * (Mat::Identity(d, d) - power) * f.client_minimiser(ClientId(i));
  }
  return *solve_spd(left, right);
}

TEST(Quadratic, SeveralLocalStepsHaveTheirKnownBiasedFixedPoint) {
  const Quadratic f({.dimension = 10}, 2, 3);
  const std::vector<double> p{0.5, 0.25, 0.25};
  const double rate = 0.5;
  const Vec fixed = fedavg_fixed_point(f, rate, 10, p);
  EXPECT_GT((fixed - f.minimiser(p)).norm(), 1e-2);
  EXPECT_LT((fedavg_fixed_point(f, rate, 1, p) - f.minimiser(p)).norm(), rounding);

  Asker asker;
  Vec mean = Vec::Zero(10), g(10);
  for (std::uint64_t i = 0; i < p.size(); ++i) {
    Vec w = fixed;
    for (int k = 0; k < 10; ++k) {
      f.gradient(asker.context(), of_client(i), w, {}, g);
      w -= rate * g;
    }
    mean += p[i] * w;
  }
  EXPECT_LT((mean - fixed).norm(), rounding);
}

TEST(Quadratic, AClientIsTheSameHoweverManyThereAre) {
  const QuadraticOptions options{.dimension = 6, .spectrum_spread = 0.5};
  const Quadratic few(options, 9, 2), many(options, 9, 50), other(options, 10, 2);
  EXPECT_EQ(few.client_minimiser(ClientId(1)), many.client_minimiser(ClientId(1)));
  EXPECT_EQ(hessian_of(few, 1), hessian_of(many, 1));
  EXPECT_NE(few.client_minimiser(ClientId(1)), other.client_minimiser(ClientId(1)));
  EXPECT_NE(few.client_minimiser(ClientId(0)), few.client_minimiser(ClientId(1)));
}

TEST(Quadratic, WithoutSpreadAllClientsHaveOneMinimiser) {
  const Quadratic f({.dimension = 6, .optimum_spread = 0}, 9, 2);
  EXPECT_EQ(f.client_minimiser(ClientId(0)), f.client_minimiser(ClientId(1)));
  EXPECT_GT(f.client_minimiser(ClientId(0)).norm(), 0.1);
}

TEST(Quadratic, HasNoRowsOutsideItsClients) {
  const Quadratic f({.dimension = 3}, 1, 2);
  EXPECT_EQ(f.rows(RowSource::client, ClientId(1)), 1U);
  EXPECT_EQ(f.rows(RowSource::client, ClientId(2)), 0U);
  EXPECT_EQ(f.rows(RowSource::test, ClientId(0)), 0U);
  EXPECT_FALSE(QuadraticProblem::make({}, 1, 0));
}

TEST(Quadratic, TellsItsMinimiserOnlyWhereTheSystemIsSmall) {
  EXPECT_TRUE(Quadratic({.dimension = 1000}, 1, 1).has_minimiser());
  EXPECT_FALSE(Quadratic({.dimension = 1001}, 1, 1).has_minimiser());
}

TEST(SolveSpd, SolvesAndRefusesWhatIsNotPositiveDefinite) {
  const Mat a = (Mat(2, 2) << 4, 2, 2, 3).finished();
  const auto x = solve_spd(a, (Vec(2) << 8, 7).finished());
  ASSERT_TRUE(x);
  EXPECT_LT((*x - (Vec(2) << 1.25, 1.5).finished()).norm(), rounding);
  const auto refused = solve_spd((Mat(2, 2) << 1, 2, 2, 1).finished(), Vec::Ones(2));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, testing::HasSubstr("not positive definite"));
}

}  // namespace
}  // namespace cohort
