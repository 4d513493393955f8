#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "problems/bilevel/hypercleaning.hpp"
#include "problems/bilevel/quadratic_levels.hpp"
#include "problems/derivative_check.hpp"
#include "tests/problems/toy_rows.hpp"

namespace cohort {
namespace {

class Levels : public testing::Test {
 protected:
  ThreadPool pool{1};
  Scratch scratch;
  Function::Context context{pool, scratch};
};

std::unique_ptr<Function> quadratic(const BilevelQuadraticOptions& options) {
  return *BilevelQuadraticProblem::make(options, 3, 2);
}

TEST_F(Levels, OfTheQuadraticAgreeWithTheirDifferences) {
  const auto f = quadratic({.rows = 4, .upper_noise = 0.5, .lower_noise = 0.5});
  const Vec w = Vec::LinSpaced(f->start().size(), -1, 2);
  const std::vector<std::uint32_t> picks = {3, 1};
  for (const Function* level : {static_cast<const Function*>(f.get()), f->lower()}) {
    for (const bool is_sampled : {false, true}) {
      Sample sample{RowSource::client, ClientId(1), 0, 4, {}};
      if (is_sampled) sample.picks = picks;
      const auto report = check_derivatives(*level, context, sample, w);
      EXPECT_TRUE(report.passed()) << report.to_string();
    }
  }
}

// What is sampled differs from all rows, whose noise sums to zero.
TEST_F(Levels, NoiseOfTheQuadraticVanishesOverAllRows) {
  const auto noisy = quadratic({.rows = 4, .upper_noise = 0.5, .lower_noise = 0.5});
  const auto exact = quadratic({});
  const Vec w = Vec::LinSpaced(exact->start().size(), -1, 2);
  Vec a(w.size()), b(w.size()), c(w.size());
  const std::vector<std::uint32_t> one = {2};
  noisy->lower()->gradient(context, {RowSource::client, ClientId(0), 0, 4, {}}, w, {}, a);
  exact->lower()->gradient(context, {RowSource::client, ClientId(0), 0, 1, {}}, w, {}, b);
  noisy->lower()->gradient(context, {RowSource::client, ClientId(0), 0, 4, one}, w, {}, c);
  EXPECT_EQ(a, b);
  EXPECT_GT((c - b).norm(), 0.1);
}

TEST_F(Levels, HypergradientOfTheQuadraticIsTheDifferenceOfItsValue) {
  const auto f = quadratic({});
  const auto& q = dynamic_cast<const BilevelQuadratic&>(*f);
  const std::vector<double> weights = {0.3, 0.7};
  const auto value = [&](const Vec& x) {
    Vec w(f->start().size());
    w << x, q.lower_solution(weights, x);
    double sum = 0;
    for (std::uint64_t c = 0; c < 2; ++c) {
      sum += weights[c] * f->value(context, {RowSource::client, ClientId(c), 0, 1, {}}, w);
    }
    return sum;
  };
  const Vec x = Vec::LinSpaced(5, -1, 1), g = q.hypergradient(weights, x);
  for (Index i = 0; i < x.size(); ++i) {
    const Vec e = 1e-3 * Vec::Unit(5, i);
    // F is quadratic: the central difference is exact, but for rounding.
    EXPECT_NEAR((value(x + e) - value(x - e)) / 2e-3, g[i], 1e-9);
  }
  EXPECT_LT(q.hypergradient(weights, f->minimiser(weights).head(5)).norm(), 1e-12);
  EXPECT_LT(f->distance(f->minimiser(weights), f->minimiser(weights)), 1e-15);
}

TEST_F(Levels, OfHypercleaningAgreeWithTheirDifferences) {
  const test::ToyRows toy(30, 4, 3);
  Hypercleaning f(4, 3, toy.of(test::Form::dense_f64), {0, 1}, {.corruption = 0.5, .l2 = 0.1}, 1);
  const ClientId client(0);
  ASSERT_EQ(f.rows(RowSource::client, client), 6U);
  ASSERT_EQ(f.owned(client), 24U);
  const auto shared = static_cast<Index>(f.layout().size());
  const Vec w = Vec::LinSpaced(shared + 24, -1, 1);
  const std::vector<std::uint32_t> picks = {20, 3, 7};
  const Sample sample{RowSource::client, client, 0, 24, picks};
  Vec g(w.size());
  const double value = f.lower()->gradient(context, sample, w, {}, g);
  EXPECT_EQ(value, f.lower()->value(context, sample, w));
  for (Index i = 0; i < w.size(); ++i) {
    const Vec e = 1e-5 * Vec::Unit(w.size(), i);
    const double difference =
        (f.lower()->value(context, sample, w + e) - f.lower()->value(context, sample, w - e)) /
        2e-5;
    EXPECT_NEAR(g[i], difference, 1e-8) << i;  // h² = 1e-10, and 1e-16 / h of rounding
  }
  const Vec upper_only = [&] {
    Vec out(w.size());
    f.gradient(context, {RowSource::client, client, 0, 6, {}}, w, {}, out);
    return out;
  }();
  EXPECT_EQ(upper_only.tail(24), Vec::Zero(24));
}

TEST_F(Levels, HypercleaningCorruptsTheShareThatItIsTold) {
  const test::ToyRows toy(2000, 3, 4);
  Hypercleaning f(3, 4, toy.of(test::Form::dense_f64), {0, 1}, {.corruption = 0.4, .clean = 0.1},
                  1);
  double right = 0;
  for (const double t : f.owned_truth(ClientId(0))) right += t;
  const auto n = static_cast<double>(f.owned(ClientId(0)));
  // A random label is the right one in a quarter of the cases; four deviations of the share.
  EXPECT_NEAR(right / n, 1 - 0.4 * 0.75, 4 * std::sqrt(0.3 * 0.7 / n));
  EXPECT_EQ(f.owned_start(ClientId(0)), Vec::Zero(static_cast<Index>(n)));
}

}  // namespace
}  // namespace cohort
