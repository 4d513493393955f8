// The models of one output beside logistic: their formulas, derivatives, kinks and closed forms.

#include <gmock/gmock.h>

#include <cmath>

#include "core/linalg.hpp"
#include "problems/data/load.hpp"
#include "problems/derivative_check.hpp"
#include "problems/objectives/absolute.hpp"
#include "problems/objectives/capped_svm.hpp"
#include "problems/objectives/hinge.hpp"
#include "problems/objectives/huber.hpp"
#include "problems/objectives/least_squares.hpp"
#include "problems/objectives/nonconvex_logistic.hpp"
#include "problems/objectives/poisson.hpp"
#include "problems/objectives/smoothed_hinge.hpp"
#include "tests/problems/toy_rows.hpp"

namespace cohort {
namespace {

using test::all_rows;
using test::Asker;
using test::Form;
using test::forms;
using test::ToyRows;
using testing::AllOf;
using testing::HasSubstr;

// Sums of a few hundred terms of size 1, in two orders.
constexpr double rounding = 1e-12;

const Capabilities first_order{Query::value, Query::losses, Query::gradient, Query::jvp,
                               Query::gram};
const Capabilities everything =
    first_order.with({Query::hvp, Query::hessian, Query::line, Query::linear_view});

template <class Model>
std::unique_ptr<Function> made(std::size_t features, RowsOf rows,
                               const typename Model::Options& options) {
  return Model::make(features, std::move(rows), options);
}

/// Every answer that f declares, on dense and sparse rows, at a point without kinks nearby.
template <class Model>
void expect_consistent(const typename Model::Options& options, Capabilities capabilities) {
  const ToyRows data(23, 7, 2);
  Asker asker;
  for (const Form form : forms) {
    const auto f = made<Model>(data.features(), data.of(form), options);
    EXPECT_EQ(f->capabilities().to_string(), capabilities.to_string()) << f->name();
    const Vec w = test::some_point(f->layout().size());
    const auto report = check_derivatives(*f, asker.context(), all_rows(*f), w);
    EXPECT_TRUE(report.passed()) << Model::name << " " << test::to_string(form) << "\n"
                                 << report.to_string();
    EXPECT_GE(report.checks.size(), capabilities.has(Query::hvp) ? 20U : 6U);
  }
}

TEST(LinearModels, EveryAnswerAgreesWithDifferencesOfItsValues) {
  expect_consistent<LeastSquares>({.l2 = 0.25}, everything);
  expect_consistent<HuberRegression>({{.l2 = 0.25}, 0.7}, everything);
  expect_consistent<SmoothedHinge>({{.l2 = 0.25}, 0.8}, everything);
  expect_consistent<Poisson>({.l2 = 0.25}, everything);
  expect_consistent<AbsoluteRegression>({.l2 = 0.25}, first_order);
  expect_consistent<Hinge>({.l2 = 0.25}, first_order);
  expect_consistent<CappedSvm>({{.l2 = 0.25}, 0.3, 0.4}, first_order);
  expect_consistent<NonconvexLogistic>({{.l2 = 0.25}, 0.3}, everything);
  expect_consistent<NonconvexLogistic>({{.l2 = 0, .penalize_intercept = true}, 0.3}, everything);
}

TEST(LinearModels, AllAnswersHaveTheSameBitsOnAnyNumberOfThreads) {
  const ToyRows data(2600, 9, 2);
  const Vec w = test::some_point(10, 4), v = test::some_point(10, 5);
  const auto answers = [&](const Function& f, std::size_t threads) {
    Asker asker(threads);
    return test::all_answers(f, asker.context(), all_rows(f), w, v);
  };
  const auto expect_same = [&](const Function& f) {
    EXPECT_TRUE(test::same_bits(answers(f, 1), answers(f, 3))) << f.name();
  };
  expect_same(*made<LeastSquares>(9, data.of(Form::sparse_f64), {.l2 = 0.1}));
  expect_same(*made<HuberRegression>(9, data.of(Form::dense_f64), {{.l2 = 0.1}, 0.5}));
  expect_same(*made<Poisson>(9, data.of(Form::dense_f64), {.l2 = 0.1}));
  expect_same(*made<NonconvexLogistic>(9, data.of(Form::sparse_f64), {{}, 0.2}));
}

/// One row, a = 1 and label y, without bias: ℓ(w) = φ(w, y).
struct OneRow {
  explicit OneRow(double label) : y(label) {}
  RowsOf rows() const {
    return [this](RowSource, ClientId) -> Rows { return DenseRows<double>{1, 1, 1, &one, &y}; };
  }
  template <class Model>
  std::pair<double, double> at(double z, typename Model::Options options) const {
    options.intercept = false;
    const auto f = Model::make(1, rows(), options);
    Asker asker;
    Vec g(1);
    const double value = f->gradient(asker.context(), all_rows(*f), Vec::Constant(1, z), {}, g);
    return {value, g[0]};
  }
  double one = 1;
  double y;
};
using Pair = std::pair<double, double>;

TEST(LinearModels, AreTheirFormulasOnEveryPiece) {
  const OneRow at_two(2);  // a value
  EXPECT_EQ(at_two.at<LeastSquares>(5, {}), (Pair{4.5, 3}));
  EXPECT_EQ(at_two.at<AbsoluteRegression>(-1, {}), (Pair{3, -1}));
  EXPECT_EQ(at_two.at<HuberRegression>(2.5, {{}, 0.5}), (Pair{0.125, 0.5}));
  EXPECT_EQ(at_two.at<HuberRegression>(-1, {{}, 0.5}), (Pair{0.5 * (3 - 0.25), -0.5}));
  EXPECT_EQ(at_two.at<Poisson>(0, {}), (Pair{1, -1}));

  const OneRow plus(1), minus(0);  // the labels +1 and −1
  EXPECT_EQ(plus.at<Hinge>(0.25, {}), (Pair{0.75, -1}));
  EXPECT_EQ(minus.at<Hinge>(0.25, {}), (Pair{1.25, 1}));
  EXPECT_EQ(plus.at<Hinge>(1.5, {}), (Pair{0, 0}));
  EXPECT_EQ(plus.at<SmoothedHinge>(0.75, {{}, 0.5}), (Pair{0.0625, -0.5}));
  EXPECT_EQ(plus.at<SmoothedHinge>(-1, {{}, 0.5}), (Pair{1.75, -1}));
  EXPECT_EQ(minus.at<SmoothedHinge>(-2, {{}, 0.5}), (Pair{0, 0}));

  // r of 0.5 and of 3, beyond the cap, beside a hinge of 0: margins 1.5 · … with y = +1.
  const OneRow far(1);
  EXPECT_EQ(far.at<CappedSvm>(3, {{}, 0.25, 2}), (Pair{0.5, 0}));
  EXPECT_EQ(far.at<CappedSvm>(1.5, {{}, 0.25, 2}), (Pair{0.375, 0.25}));
  EXPECT_EQ(minus.at<CappedSvm>(-1.5, {{}, 0.25, 2}), (Pair{0.375, -0.25}));
}

TEST(LinearModels, AtAKinkTheGradientIsASubgradient) {
  EXPECT_EQ(OneRow(2).at<AbsoluteRegression>(2, {}), (Pair{0, 0}));
  EXPECT_EQ(OneRow(1).at<Hinge>(1, {}), (Pair{0, 0}));
  EXPECT_EQ(OneRow(1).at<CappedSvm>(0, {{}, 0.25, 2}), (Pair{1, -1}));
}

TEST(LinearModels, RegressionPredictsValuesAndPoissonCounts) {
  const ToyRows data(40, 5, 4);
  Asker asker;
  const Vec w = test::some_point(6);
  const auto squares = made<LeastSquares>(5, data.of(Form::dense_f64), {});
  const auto counts = made<Poisson>(5, data.of(Form::dense_f64), {});
  std::vector<double> values(40), expected(40), labels(40);
  squares->predict(asker.context(), all_rows(*squares), w, {}, values);
  counts->predict(asker.context(), all_rows(*counts), w, {}, expected);
  squares->labels(all_rows(*squares), labels);
  EXPECT_EQ(squares->prediction().outcome, Outcome::value);
  for (std::size_t j = 0; j < 40; ++j) {
    double z = w[5];
    for (std::size_t i = 0; i < 5; ++i) z += data.value(j, i) * w[static_cast<Index>(i)];
    EXPECT_NEAR(values[j], z, rounding);
    EXPECT_NEAR(expected[j], std::exp(z), rounding * std::exp(z));
    EXPECT_EQ(labels[j], data.label(j));
  }
}

/// Newton's method, to a gradient of rounding size.
Vec minimised(const Function& f, int steps) {
  Asker asker;
  Vec w = f.start();
  Vec g(w.size());
  for (int i = 0; i < steps; ++i) {
    f.gradient(asker.context(), all_rows(f), w, {}, g);
    test::HessianMatrix sink(f.layout().size());
    f.hessian(asker.context(), all_rows(f), w, sink);
    w -= *solve_spd(sink.matrix, g);
  }
  return w;
}

TEST(LinearModels, LeastSquaresSolvesTheNormalEquations) {
  const ToyRows data(60, 6, 5);
  const double l2 = 0.05;
  Mat a(60, 7);
  Vec y(60);
  for (std::size_t j = 0; j < 60; ++j) {
    const auto row = static_cast<Index>(j);
    for (std::size_t i = 0; i < 6; ++i) a(row, static_cast<Index>(i)) = data.value(j, i);
    a(row, 6) = 1;
    y[row] = data.label(j);
  }
  Mat left = a.transpose() * a / 60;
  left.diagonal().head(6).array() += l2;
  const Vec expected = *solve_spd(left, a.transpose() * y / 60);
  const auto f = made<LeastSquares>(6, data.of(Form::sparse_f64), {.l2 = l2});
  EXPECT_LT((minimised(*f, 1) - expected).cwiseAbs().maxCoeff(), rounding);
}

TEST(LinearModels, HuberIsLeastSquaresWhereNoErrorIsLarge) {
  const ToyRows data(60, 6, 3);
  const auto squares = made<LeastSquares>(6, data.of(Form::dense_f64), {.l2 = 0.1});
  const auto huber = made<HuberRegression>(6, data.of(Form::dense_f64), {{.l2 = 0.1}, 100});
  EXPECT_EQ(minimised(*huber, 1), minimised(*squares, 1));
}

TEST(LinearModels, OneConstantFitsToMeanMedianAndLogarithm) {
  // No features, a bias alone: the optima are the mean, the median, log of the mean.
  const double labels[] = {0, 1, 1, 2, 11};
  const double nothing[5] = {};
  const Rows rows = DenseRows<double>{5, 1, 1, nothing, labels};
  const auto of = [&](RowSource, ClientId) { return rows; };
  EXPECT_NEAR(minimised(*made<LeastSquares>(1, of, {.l2 = 1}), 1)[1], 3, rounding);
  EXPECT_NEAR(minimised(*made<Poisson>(1, of, {.l2 = 1}), 20)[1], std::log(3.0), rounding);
  const auto absolute = made<AbsoluteRegression>(1, of, {});
  Asker asker;
  const auto value = [&](double b) {
    return absolute->value(asker.context(), all_rows(*absolute), (Vec(2) << 0, b).finished());
  };
  EXPECT_LT(value(1), value(0.99));
  EXPECT_LT(value(1), value(1.01));
}

TEST(LinearModels, ConvexMeansThatNewtonFindsTheMinimiser) {
  const auto none = [](RowSource, ClientId) { return Rows(); };
  EXPECT_TRUE(made<LeastSquares>(1, none, {})->is_convex());
  EXPECT_TRUE(made<HuberRegression>(1, none, {})->is_convex());
  EXPECT_TRUE(made<SmoothedHinge>(1, none, {})->is_convex());
  EXPECT_TRUE(made<Poisson>(1, none, {})->is_convex());
  EXPECT_FALSE(made<Hinge>(1, none, {})->is_convex());
  EXPECT_FALSE(made<AbsoluteRegression>(1, none, {})->is_convex());
  EXPECT_FALSE(made<CappedSvm>(1, none, {})->is_convex());
  EXPECT_FALSE(made<NonconvexLogistic>(1, none, {})->is_convex());
  EXPECT_FALSE(made<LeastSquares>(1, none, {.l1 = 0.1})->is_convex());
}

TEST(LinearModels, APenaltyIsOfTheWeightsAndInNoAnswer) {
  const ToyRows data(23, 7, 2);
  Asker asker;
  const LeastSquares::Options plain{.l2 = 0.25};
  LeastSquares::Options penalized = plain;
  penalized.l1 = 0.5;
  penalized.group = 2;
  penalized.group_size = 3;
  const auto f = made<LeastSquares>(7, data.of(Form::dense_f64), plain);
  const auto with = made<LeastSquares>(7, data.of(Form::dense_f64), penalized);
  const Vec w = test::some_point(8), v = test::some_point(8, 5);
  EXPECT_TRUE(test::same_bits(test::all_answers(*f, asker.context(), all_rows(*f), w, v),
                              test::all_answers(*with, asker.context(), all_rows(*with), w, v)));
  const double groups = std::sqrt(3 * w.segment(0, 3).squaredNorm()) +
                        std::sqrt(3 * w.segment(3, 3).squaredNorm()) + std::abs(w[6]);
  EXPECT_NEAR(penalty(with->layout(), as_span(w)), 0.5 * w.head(7).lpNorm<1>() + 2 * groups,
              rounding);
  EXPECT_EQ(penalty(f->layout(), as_span(w)), 0);
}

TEST(LinearModels, WrongLabelsAndImpossibleOptionsAreRefused) {
  DataOptions options;
  options.cache.directory.clear();
  options.name = "digits";
  const auto digits = load_data(options);
  ASSERT_TRUE(digits) << digits.error().message;
  const auto message = [&](const auto& made) {
    return made ? std::string("made") : made.error().message;
  };
  EXPECT_THAT(message(Hinge::bind(Hinge::Options{}, digits->store)),
              AllOf(HasSubstr("hinge"), HasSubstr("two classes"), HasSubstr("10")));
  EXPECT_THAT(message(LeastSquares::bind(LeastSquares::Options{}, digits->store)),
              AllOf(HasSubstr("least_squares"), HasSubstr("values"), HasSubstr("10 classes")));
  EXPECT_THAT(
      message(Hinge::bind(Hinge::Options{.l1 = 1, .penalize_intercept = true}, digits->store)),
      HasSubstr("leave biases out"));
  EXPECT_THAT(message(Hinge::bind(Hinge::Options{.group_size = 2}, digits->store)),
              HasSubstr("group = 0"));
}

}  // namespace
}  // namespace cohort
