#include "problems/objectives/logistic.hpp"

#include <linear.h>

#include <cmath>

#include "core/linalg.hpp"
#include "problems/data/load.hpp"
#include "problems/derivative_check.hpp"
#include "tests/problems/data_files.hpp"
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
// LIBLINEAR stops at a gradient of 1e-12 of the first one; its Hessian is at least λ = 1/(C n).
constexpr double of_the_optimum = 1e-7;

constexpr std::uint32_t picks[] = {3, 4, 20, 0, 7, 7};

TEST(Logistic, EveryAnswerAgreesWithDifferencesOfItsValues) {
  const ToyRows data(23, 7, 2);
  Asker asker;
  for (const Form form : forms) {
    for (const bool intercept : {false, true}) {
      const Logistic::Options options{
          .l2 = 0.25, .intercept = intercept, .penalize_intercept = intercept};
      const auto f = Logistic::make(data.features(), data.of(form), options);
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

TEST(Logistic, IsTheFormulaOnThreeRows) {
  // Rows (1, 2), (−1, 0), (0, 0); labels +1, −1, +1; w = (0.5, −0.25), b = 0.1:
  // margins 0.1, −0.4, 0.1, so the losses are log(1 + e^−0.1), log(1 + e^−0.4), log(1 + e^−0.1).
  const double values[] = {1, 2, -1, 0, 0, 0};
  const double labels[] = {1, 0, 1};
  const Rows rows = DenseRows<double>{3, 2, 2, values, labels};
  const auto f = Logistic::make(2, [&](RowSource, ClientId) { return rows; }, {.l2 = 0.5});
  Asker asker;
  const Vec w = (Vec(3) << 0.5, -0.25, 0.1).finished();
  const double regulariser = 0.25 * (0.25 + 0.0625);
  const double expected =
      (2 * std::log(1 + std::exp(-0.1)) + std::log(1 + std::exp(-0.4))) / 3 + regulariser;
  EXPECT_NEAR(f->value(asker.context(), all_rows(*f), w), expected, rounding);

  const double near = 1 / (1 + std::exp(0.1)), far = 1 / (1 + std::exp(0.4));
  Vec g(3);
  f->gradient(asker.context(), all_rows(*f), w, {}, g);
  EXPECT_NEAR(g[0], (-near - far) / 3 + 0.25, rounding);
  EXPECT_NEAR(g[1], -2 * near / 3 - 0.125, rounding);
  EXPECT_NEAR(g[2], (-2 * near + far) / 3, rounding);

  std::vector<double> losses(3), margins(3), truth(3);
  f->predict(asker.context(), all_rows(*f), w, losses, margins);
  f->labels(all_rows(*f), truth);
  EXPECT_EQ(test::correct_rows(*f, asker.context(), all_rows(*f), w), 3U);
  for (std::size_t j = 0; j < 3; ++j) {
    EXPECT_NEAR(std::abs(margins[j]), j == 1 ? 0.4 : 0.1, rounding);
    EXPECT_EQ(margins[j] > 0, truth[j] == 1);
    EXPECT_EQ(truth[j], labels[j]);
    EXPECT_NEAR(losses[j], std::log(1 + std::exp(-std::abs(margins[j]))), rounding);
  }
}

TEST(Logistic, AMarginOfZeroPredictsPlusOne) {
  const ToyRows data(40, 3, 2);
  const auto f = Logistic::make(3, data.of(Form::sparse_f64), {});
  std::size_t positive = 0;
  for (std::size_t j = 0; j < data.count(); ++j) positive += data.label(j) == 1 ? 1U : 0U;
  Asker asker;
  EXPECT_EQ(test::correct_rows(*f, asker.context(), all_rows(*f), f->start()), positive);
}

TEST(Logistic, LargeMarginsStayFinite) {
  const double values[] = {1000, -1000};
  const double labels[] = {0, 1};
  const Rows rows = DenseRows<double>{2, 1, 1, values, labels};
  const auto f = Logistic::make(1, [&](RowSource, ClientId) { return rows; }, {.intercept = false});
  Asker asker;
  Vec g(1);
  EXPECT_EQ(f->gradient(asker.context(), all_rows(*f), Vec::Constant(1, 1.0), {}, g), 1000);
  EXPECT_EQ(g[0], 1000);
  EXPECT_EQ(f->gradient(asker.context(), all_rows(*f), Vec::Constant(1, -1.0), {}, g), 0);
  EXPECT_EQ(g[0], 0);
}

TEST(Logistic, AllFormsOfTheSameRowsAgree) {
  const ToyRows data(700, 39, 2);
  Asker asker;
  const Vec w = test::some_point(40, 4), v = test::some_point(40, 5);
  std::vector<double> first;
  for (const Form form : forms) {
    const auto f = Logistic::make(39, data.of(form), {.l2 = 0.1});
    const auto answers = test::all_answers(*f, asker.context(), all_rows(*f), w, v);
    if (first.empty()) first = answers;
    EXPECT_THAT(answers, testing::Pointwise(testing::DoubleNear(1e3 * rounding), first))
        << test::to_string(form);
  }
}

TEST(Logistic, PickingAllRowsInOrderHasTheSameBits) {
  const ToyRows data(611, 39, 2);
  std::vector<std::uint32_t> every(611);
  for (std::uint32_t j = 0; j < 611; ++j) every[j] = j;
  Asker asker;
  const Vec w = test::some_point(40, 4), v = test::some_point(40, 5);
  for (const Form form : forms) {
    const auto f = Logistic::make(39, data.of(form), {.l2 = 0.1});
    Sample picked = all_rows(*f);
    picked.picks = every;
    EXPECT_TRUE(test::same_bits(test::all_answers(*f, asker.context(), picked, w, v),
                                test::all_answers(*f, asker.context(), all_rows(*f), w, v)))
        << test::to_string(form);
  }
}

TEST(Logistic, AnswersHaveTheSameBitsOnAnyNumberOfThreads) {
  const ToyRows data(2600, 9, 2);
  const Vec w = test::some_point(10, 4), v = test::some_point(10, 5);
  for (const Form form : forms) {
    const auto f = Logistic::make(9, data.of(form), {.l2 = 0.1});
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

TEST(Logistic, SparseRowsLongerThanTheirBufferAreWhole) {
  // 2 500 non-zeros a row are three buffers of row_products.cpp; a short row stands between.
  constexpr std::size_t features = 5000;
  std::vector<std::uint64_t> offsets{0};
  std::vector<std::uint32_t> columns;
  std::vector<double> entries;
  Stream stream(11, Purpose::test);
  for (const std::size_t n : {2500U, 3U, 2500U, 1024U, 1025U, 0U}) {
    for (std::size_t k = 0; k < n; ++k) {
      columns.push_back(static_cast<std::uint32_t>(2 * k));
      entries.push_back(stream.normal());
    }
    offsets.push_back(columns.size());
  }
  const double labels[6] = {1, 0, 0, 1, 1, 0};
  const Rows rows =
      SparseRows<double>{6, features, offsets.data(), columns.data(), entries.data(), labels};
  const auto f = Logistic::make(features, [&](RowSource, ClientId) { return rows; }, {});
  const Vec w = 0.05 * test::some_point(features + 1);
  Asker asker;
  const LinearView view = f->linear_view(asker.context(), all_rows(*f), w);
  Vec expected = Vec::Zero(features + 1);
  for (std::size_t j = 0; j < 6; ++j) {
    double margin = w[features];
    for (std::uint64_t k = offsets[j]; k < offsets[j + 1]; ++k)
      margin += entries[k] * w[columns[k]];
    EXPECT_NEAR(view.margins[j], margin, rounding);
    const double y = 2 * labels[j] - 1;
    const double residual = -y / (1 + std::exp(y * margin)) / 6;
    for (std::uint64_t k = offsets[j]; k < offsets[j + 1]; ++k) {
      expected[columns[k]] += residual * entries[k];
    }
    expected[features] += residual;
  }
  Vec g(features + 1);
  constexpr std::uint32_t in_order[] = {0, 1, 2, 3, 4, 5};
  using Picks = std::span<const std::uint32_t>;
  for (const Picks chosen : {Picks(), Picks(in_order)}) {
    Sample sample = all_rows(*f);
    sample.picks = chosen;
    f->gradient(asker.context(), sample, w, {}, g);
    EXPECT_LT((g - expected).cwiseAbs().maxCoeff(), rounding);
  }
}

TEST(Logistic, SparseHessianHasOnlyWhatTheRowsAndTheRegulariserFill) {
  // Two rows: features {0, 2} and {2}; feature 1 never occurs.
  const std::uint64_t offsets[] = {0, 2, 3};
  const std::uint32_t columns[] = {0, 2, 2};
  const double entries[] = {1, 2, 3};
  const double labels[] = {0, 1};
  const Rows rows = SparseRows<double>{2, 3, offsets, columns, entries, labels};
  const auto entries_with = [&](const Logistic::Options& options) {
    const auto f = Logistic::make(
        3, [&](RowSource, ClientId) { return rows; }, options);
    Asker asker;
    test::HessianMatrix sink(f->layout().size());
    f->hessian(asker.context(), all_rows(*f), f->start(), sink);
    return sink.written;
  };
  using Pairs = std::vector<std::pair<std::size_t, std::size_t>>;
  EXPECT_EQ(entries_with({.intercept = false}), (Pairs{{0, 0}, {0, 2}, {2, 2}}));
  EXPECT_EQ(entries_with({.l2 = 1, .intercept = false}), (Pairs{{0, 0}, {0, 2}, {1, 1}, {2, 2}}));
  EXPECT_EQ(entries_with({.l2 = 1}),
            (Pairs{{0, 0}, {0, 2}, {0, 3}, {1, 1}, {2, 2}, {2, 3}, {3, 3}}));
}

TEST(Logistic, AClientWithoutRowsHasTheRegulariserAlone) {
  Asker asker;
  const auto f = Logistic::make(4, [](RowSource, ClientId) { return Rows(); }, {.l2 = 0.5});
  const Vec w = test::some_point(5);
  const auto report = check_derivatives(*f, asker.context(), all_rows(*f), w);
  EXPECT_TRUE(report.passed()) << report.to_string();
  EXPECT_DOUBLE_EQ(f->value(asker.context(), all_rows(*f), w), 0.25 * w.head(4).squaredNorm());
  Vec g(5);
  f->gradient(asker.context(), all_rows(*f), w, {}, g);
  EXPECT_EQ(g, (Vec(5) << 0.5 * w.head(4), 0.0).finished());
  EXPECT_EQ(test::correct_rows(*f, asker.context(), all_rows(*f), w), 0U);
}

// ---- On data files

DataSet loaded(const std::string& name) {
  DataOptions options;
  options.cache.directory.clear();
  options.name = name;
  options.split = {1.0, 0.0, 0.0};
  auto data = load_data(options);
  EXPECT_TRUE(data) << data.error().message;
  return *std::move(data);
}

/// Newton's method, to a gradient of rounding size.
Vec minimised(const Function& f) {
  Asker asker;
  Vec w = f.start();
  Vec g(w.size());
  for (int i = 0; i < 25; ++i) {
    f.gradient(asker.context(), all_rows(f), w, {}, g);
    test::HessianMatrix sink(f.layout().size());
    f.hessian(asker.context(), all_rows(f), w, sink);
    w -= *solve_spd(sink.matrix, g);
  }
  return w;
}

/// min ½‖w‖² + C Σ log(1 + e^{−y wᵀx}) by LIBLINEAR's trust region Newton method; with a bias, it
/// is the last coordinate and is penalised too.
Vec by_liblinear(const Rows& rows, double cost, bool with_bias) {
  ::set_print_string_function([](const char*) {});
  std::vector<std::vector<feature_node>> nodes(rows.count());
  std::vector<feature_node*> pointers;
  std::vector<double> labels;
  visit(rows, [&]<class Block>(const Block& block) {
    for (std::size_t j = 0; j < block.count; ++j) {
      const auto values = block.values(j);
      for (std::size_t k = 0; k < values.size(); ++k) {
        std::size_t column = k;
        if constexpr (Block::is_sparse) column = block.index(j)[k];
        nodes[j].push_back({static_cast<int>(column) + 1, static_cast<double>(values[k])});
      }
      if (with_bias) nodes[j].push_back({static_cast<int>(block.features) + 1, 1.0});
      nodes[j].push_back({-1, 0.0});
      pointers.push_back(nodes[j].data());
      labels.push_back(2 * block.labels[j] - 1);
    }
  });
  problem data{};
  data.l = static_cast<int>(rows.count());
  data.n = static_cast<int>(rows.features()) + (with_bias ? 1 : 0);
  data.y = labels.data();
  data.x = pointers.data();
  data.bias = with_bias ? 1 : -1;
  parameter options{};
  options.solver_type = L2R_LR;
  options.C = cost;
  options.eps = 1e-12;
  model* trained = ::train(&data, &options);
  Vec w(data.n);
  for (int i = 0; i < data.n; ++i) w[i] = trained->label[0] == 1 ? trained->w[i] : -trained->w[i];
  ::free_and_destroy_model(&trained);
  return w;
}

TEST(Logistic, OptimumIsThatOfLiblinear) {
  const DataSet data = loaded("heart_scale");
  const Rows rows = data.store.client_rows(ClientId(0));
  ASSERT_EQ(rows.count(), 270U);
  for (const bool bias : {false, true}) {
    const double cost = 0.5;
    const auto f = Logistic::bind(
        {.l2 = 1 / (cost * 270), .intercept = bias, .penalize_intercept = bias}, data.store);
    ASSERT_TRUE(f) << f.error().message;
    const Vec ours = minimised(**f);
    const Vec theirs = by_liblinear(rows, cost, bias);
    EXPECT_LT((ours - theirs).cwiseAbs().maxCoeff(), of_the_optimum);
    EXPECT_GT(ours.cwiseAbs().maxCoeff(), 0.5);
  }
}

TEST(Logistic, OtherThanTwoClassesAreRefusedWithTheirNumber) {
  const DataSet digits = loaded("digits");
  const auto f = Logistic::bind({}, digits.store);
  ASSERT_FALSE(f);
  EXPECT_THAT(f.error().message,
              AllOf(HasSubstr("logistic"), HasSubstr("10"), HasSubstr("softmax")));
  const auto without =
      Logistic::bind({.intercept = false, .penalize_intercept = true}, digits.store);
  ASSERT_FALSE(without);
  EXPECT_THAT(without.error().message, HasSubstr("penalize_intercept"));
}

TEST(Logistic, AClientThatIsElsewhereHasNoRowsHere) {
  DataOptions options;
  options.cache.directory.clear();
  options.name = "heart_scale";
  options.clients = 4;
  const auto data = load_data(options, Share::of_rank(4, 1, 2));
  ASSERT_TRUE(data) << data.error().message;
  const auto f = Logistic::bind({}, data->store);
  ASSERT_TRUE(f);
  EXPECT_EQ((*f)->rows(RowSource::client, ClientId(0)), 0U);
  EXPECT_GT((*f)->rows(RowSource::client, ClientId(3)), 0U);
}

}  // namespace
}  // namespace cohort
