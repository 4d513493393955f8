#include "problems/objectives/softmax.hpp"

#include <cmath>

#include "problems/data/load.hpp"
#include "problems/derivative_check.hpp"
#include "problems/objectives/logistic.hpp"
#include "tests/problems/data_files.hpp"
#include "tests/problems/toy_rows.hpp"

namespace cohort {
namespace {

using test::all_rows;
using test::Asker;
using test::Form;
using test::forms;
using test::ToyRows;

// Sums of a few hundred terms of size 1, in two orders.
constexpr double rounding = 1e-12;

constexpr std::uint32_t picks[] = {3, 4, 20, 0, 7, 7};

TEST(Softmax, EveryAnswerAgreesWithDifferencesOfItsValues) {
  const ToyRows data(23, 7, 3);
  Asker asker;
  for (const Form form : forms) {
    for (const bool intercept : {false, true}) {
      const Softmax::Options options{
          .l2 = 0.25, .intercept = intercept, .penalize_intercept = intercept};
      const auto f = Softmax::make(data.features(), 3, data.of(form), options);
      const Vec w = test::some_point(f->layout().size());
      Sample some = all_rows(*f);
      some.first = 1;
      some.count = 22;
      some.picks = picks;
      for (const Sample& sample : {all_rows(*f), some}) {
        const auto report = check_derivatives(*f, asker.context(), sample, w);
        EXPECT_TRUE(report.passed()) << test::to_string(form) << "\n" << report.to_string();
        EXPECT_GE(report.checks.size(), 20U);
      }
    }
  }
}

TEST(Softmax, IsTheFormulaOnTwoRows) {
  // Rows (1, 0) and (0, 2) with labels 2 and 0; W = [[1, 0], [0, 1], [2, −1]], b = (0, 0.5, 0).
  // Margins (1, 0.5, 2) and (0, 2.5, −2).
  const double values[] = {1, 0, 0, 2};
  const double labels[] = {2, 0};
  const Rows rows = DenseRows<double>{2, 2, 2, values, labels};
  const auto f = Softmax::make(2, 3, [&](RowSource, ClientId) { return rows; }, {});
  const Vec w = (Vec(9) << 1, 0, 0, 1, 2, -1, 0, 0.5, 0).finished();
  const double first = std::exp(1) + std::exp(0.5) + std::exp(2);
  const double second = std::exp(0) + std::exp(2.5) + std::exp(-2);
  Asker asker;
  Vec g(9);
  EXPECT_NEAR(f->gradient(asker.context(), all_rows(*f), w, {}, g),
              (std::log(first) - 2 + std::log(second) - 0) / 2, rounding);
  EXPECT_NEAR(g[0], std::exp(1) / first / 2, rounding);                                // W[0, 0]
  EXPECT_NEAR(g[1], (1 / second - 1) * 2 / 2, rounding);                               // W[0, 1]
  EXPECT_NEAR(g[4], (std::exp(2) / first - 1) / 2, rounding);                          // W[2, 0]
  EXPECT_NEAR(g[8], (std::exp(2) / first - 1 + std::exp(-2) / second) / 2, rounding);  // b[2]
  EXPECT_EQ(test::correct_rows(*f, asker.context(), all_rows(*f), w), 1U);
}

TEST(Softmax, OfTwoClassesIsLogisticOfTheDifference) {
  const ToyRows data(60, 5, 2);
  Asker asker;
  const auto softmax = Softmax::make(5, 2, data.of(Form::sparse_f64), {});
  const auto logistic = Logistic::make(5, data.of(Form::sparse_f64), {});
  const Vec w = test::some_point(12);
  const Vec difference = (Vec(6) << w.segment(5, 5) - w.head(5), w[11] - w[10]).finished();
  EXPECT_NEAR(softmax->value(asker.context(), all_rows(*softmax), w),
              logistic->value(asker.context(), all_rows(*logistic), difference), rounding);
  EXPECT_EQ(test::correct_rows(*softmax, asker.context(), all_rows(*softmax), w),
            test::correct_rows(*logistic, asker.context(), all_rows(*logistic), difference));
}

TEST(Softmax, ATiePredictsTheSmallestClass) {
  const ToyRows data(40, 3, 4);
  const auto f = Softmax::make(3, 4, data.of(Form::dense_f64), {});
  std::size_t zeros = 0;
  for (std::size_t j = 0; j < data.count(); ++j) zeros += data.label(j) == 0 ? 1U : 0U;
  Asker asker;
  EXPECT_EQ(test::correct_rows(*f, asker.context(), all_rows(*f), f->start()), zeros);
}

TEST(Softmax, LargeMarginsStayFinite) {
  const double values[] = {1, 1};
  const double labels[] = {0, 1};
  const Rows rows = DenseRows<double>{2, 1, 1, values, labels};
  const auto f =
      Softmax::make(1, 3, [&](RowSource, ClientId) { return rows; }, {.intercept = false});
  Asker asker;
  Vec g(3);
  EXPECT_EQ(f->gradient(asker.context(), all_rows(*f), (Vec(3) << 900, -900, 0).finished(), {}, g),
            900);
  EXPECT_EQ(g, (Vec(3) << 0.5, -0.5, 0).finished());
}

TEST(Softmax, AnswersHaveTheSameBitsOnAnyNumberOfThreads) {
  const ToyRows data(1600, 6, 3);
  const Vec w = test::some_point(21, 4), v = test::some_point(21, 5);
  for (const Form form : forms) {
    const auto f = Softmax::make(6, 3, data.of(form), {.l2 = 0.1});
    Asker one(1);
    const auto expected = test::all_answers(*f, one.context(), all_rows(*f), w, v);
    for (const std::size_t threads : {2U, 3U}) {
      Asker asker(threads);
      EXPECT_TRUE(
          test::same_bits(test::all_answers(*f, asker.context(), all_rows(*f), w, v), expected))
          << test::to_string(form) << " on " << threads;
    }
  }
}

TEST(Softmax, LacksTheLinearViewThatLogisticHas) {
  const ToyRows data(4, 2, 2);
  EXPECT_FALSE(
      Softmax::make(2, 2, data.of(Form::dense_f64), {})->capabilities().has(Query::linear_view));
  EXPECT_TRUE(
      Logistic::make(2, data.of(Form::dense_f64), {})->capabilities().has(Query::linear_view));
}

TEST(Softmax, BindsToClassesAndNotToRegressionTargets) {
  DataOptions options;
  options.cache.directory.clear();
  options.name = "digits";
  const auto digits = load_data(options);
  ASSERT_TRUE(digits) << digits.error().message;
  const auto f = Softmax::bind({}, digits->store);
  ASSERT_TRUE(f) << f.error().message;
  EXPECT_EQ((*f)->layout().size(), 10U * 64 + 10);
  EXPECT_EQ((*f)->rows(RowSource::test, ClientId(0)), digits->store.rows(RowSource::test).count());

  options.task = Task::regression;
  const auto targets = load_data(options);
  ASSERT_TRUE(targets) << targets.error().message;
  const auto refused = Softmax::bind({}, targets->store);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, testing::HasSubstr("regression"));
}

}  // namespace
}  // namespace cohort
