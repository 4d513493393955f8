#include "problems/neural/neural.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <vector>

#include "core/cpu.hpp"
#include "core/kernels.hpp"
#include "problems/data/load.hpp"
#include "problems/derivative_check.hpp"
#include "problems/objectives/least_squares.hpp"
#include "problems/objectives/softmax.hpp"
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
// Single precision has 6e-8; chains of tens of terms through three layers stay within 30 of them,
// relative to the largest entry.
constexpr double single_rounding = 2e-6;

constexpr std::uint32_t picks[] = {3, 4, 20, 0, 7, 7};

NeuralOptions options_of(std::initializer_list<const char*> layers,
                         Compute compute = Compute::double_precision) {
  NeuralOptions options;
  for (const char* text : layers) options.layers.push_back(*parse_layer(text));
  options.compute = compute;
  return options;
}

std::unique_ptr<Function> make(std::size_t features, std::size_t classes, RowsOf rows,
                               const NeuralOptions& options, std::uint64_t seed = 1) {
  auto f = Neural::make(features, classes, std::move(rows), options, seed);
  EXPECT_TRUE(f) << f.error().message;
  return *std::move(f);
}

// ---- A network in plain loops -----------------------------------------------------------------

struct PlainLayer {
  std::size_t outputs;
  double (*activation)(double);  // or null
  double (*slope)(double);
};

double relu(double a) { return a > 0 ? a : 0; }
double relu_slope(double a) { return a > 0 ? 1 : 0; }
double tanh_slope(double a) { return 1 - std::tanh(a) * std::tanh(a); }
double gelu(double a) { return 0.5 * a * (1 + std::erf(a / std::sqrt(2.0))); }
double gelu_slope(double a) {
  return 0.5 * (1 + std::erf(a / std::sqrt(2.0))) +
         a * std::exp(-a * a / 2) / std::sqrt(2 * std::acos(-1.0));
}

/// Loss of one row, and its gradient added to g [d].
double plain_gradient(const std::vector<PlainLayer>& layers, const Vec& w, std::vector<double> a,
                      std::size_t label, Vec& g) {
  std::vector<std::vector<double>> in, before;
  std::vector<Index> offset;
  Index at = 0;
  for (const PlainLayer& layer : layers) {
    in.push_back(a);
    offset.push_back(at);
    const auto inputs = static_cast<Index>(a.size()), outputs = static_cast<Index>(layer.outputs);
    std::vector<double> z(layer.outputs);
    for (Index o = 0; o < outputs; ++o) {
      double sum = w[at + outputs * inputs + o];
      for (Index i = 0; i < inputs; ++i) {
        sum += w[at + o * inputs + i] * a[static_cast<std::size_t>(i)];
      }
      z[static_cast<std::size_t>(o)] = sum;
    }
    before.push_back(z);
    if (layer.activation != nullptr) {
      for (double& x : z) x = layer.activation(x);
    }
    a = z;
    at += outputs * (inputs + 1);
  }
  double total = 0;
  for (const double x : a) total += std::exp(x);
  const double loss = std::log(total) - a[label];
  std::vector<double> delta;
  for (std::size_t c = 0; c < a.size(); ++c) {
    delta.push_back(std::exp(a[c]) / total - (c == label ? 1 : 0));
  }
  for (std::size_t l = layers.size(); l-- > 0;) {
    const auto inputs = static_cast<Index>(in[l].size());
    const auto outputs = static_cast<Index>(layers[l].outputs);
    std::vector<double> back(in[l].size(), 0.0);
    for (Index o = 0; o < outputs; ++o) {
      const auto of = static_cast<std::size_t>(o);
      const double d =
          layers[l].slope == nullptr ? delta[of] : delta[of] * layers[l].slope(before[l][of]);
      g[offset[l] + outputs * inputs + o] += d;
      for (Index i = 0; i < inputs; ++i) {
        g[offset[l] + o * inputs + i] += d * in[l][static_cast<std::size_t>(i)];
        back[static_cast<std::size_t>(i)] += d * w[offset[l] + o * inputs + i];
      }
    }
    delta = back;
  }
  return loss;
}

double largest(const Vec& x) { return kernels::max_abs(as_span(x)); }

// ---- Tests ------------------------------------------------------------------------------------

TEST(Neural, EveryAnswerAgreesWithDifferencesOfItsValues) {
  const ToyRows data(23, 7, 3);
  Asker asker;
  for (const auto& layers :
       {std::initializer_list<const char*>{"dense 6 tanh", "dense 5 gelu", "dense 3"},
        {"dense 5 relu", "dense 3"},
        {}}) {
    for (const double l2 : {0.0, 0.25}) {
      NeuralOptions options = options_of(layers);
      options.l2 = l2;
      const auto f = make(data.features(), 3, data.of(Form::dense_f64), options);
      const Vec w = test::some_point(f->layout().size());
      Sample some = all_rows(*f);
      some.first = 1;
      some.count = 22;
      some.picks = picks;
      for (const Sample& sample : {all_rows(*f), some}) {
        const auto report = check_derivatives(*f, asker.context(), sample, w);
        EXPECT_TRUE(report.passed()) << report.to_string();
        EXPECT_GE(report.checks.size(), 10U);
      }
    }
  }
}

TEST(Neural, IsTheNetworkInPlainLoopsInBothPrecisions) {
  const ToyRows data(150, 9, 4);  // three tiles, the last one in part
  std::vector<double> weights(data.count());
  Stream(9, Purpose::test).fill_uniform(weights);
  const std::vector<PlainLayer> plain{{8, relu, relu_slope},
                                      {7, [](double a) { return std::tanh(a); }, tanh_slope},
                                      {6, gelu, gelu_slope},
                                      {4, nullptr, nullptr}};
  for (const Compute compute : {Compute::double_precision, Compute::single_precision}) {
    const double tolerance = compute == Compute::double_precision ? rounding : single_rounding;
    const auto options =
        options_of({"dense 8 relu", "dense 7 tanh", "dense 6 gelu", "dense 4"}, compute);
    for (const Form form : forms) {
      const auto f = make(data.features(), 4, data.of(form), options);
      const Vec w = f->start() + 0.1 * test::some_point(f->layout().size());
      Vec expected = Vec::Zero(w.size()), weighted = expected, g(w.size());
      double value = 0, weighted_value = 0;
      for (std::size_t j = 0; j < data.count(); ++j) {
        std::vector<double> row;
        for (std::size_t k = 0; k < data.features(); ++k) row.push_back(data.value(j, k));
        Vec of_row = Vec::Zero(w.size());
        const double loss =
            plain_gradient(plain, w, row, static_cast<std::size_t>(data.label(j)), of_row);
        const double share = 1 / static_cast<double>(data.count());
        value += share * loss;
        weighted_value += share * weights[j] * loss;
        expected += share * of_row;
        weighted += share * weights[j] * of_row;
      }
      Asker asker;
      EXPECT_NEAR(f->gradient(asker.context(), all_rows(*f), w, {}, g), value, tolerance);
      EXPECT_LE(largest(g - expected), tolerance * largest(expected)) << test::to_string(form);
      EXPECT_NEAR(f->gradient(asker.context(), all_rows(*f), w, weights, g), weighted_value,
                  tolerance);
      EXPECT_LE(largest(g - weighted), tolerance * largest(weighted)) << test::to_string(form);
    }
  }
}

TEST(Neural, SecondDerivativesInSinglePrecisionAreNearThoseInDouble) {
  const ToyRows data(70, 9, 3);
  const auto layers = {"dense 8 tanh", "dense 7 gelu", "dense 3"};
  const auto exact = make(9, 3, data.of(Form::dense_f32), options_of(layers));
  const auto f =
      make(9, 3, data.of(Form::dense_f32), options_of(layers, Compute::single_precision));
  const Vec w = f->start(), v = test::some_point(f->layout().size());
  Asker asker;
  Vec h(w.size()), expected(w.size());
  f->hvp(asker.context(), all_rows(*f), w, v, h);
  exact->hvp(asker.context(), all_rows(*f), w, v, expected);
  EXPECT_LE(largest(h - expected), single_rounding * largest(expected));
  EXPECT_NEAR(f->jvp(asker.context(), all_rows(*f), w, v),
              exact->jvp(asker.context(), all_rows(*f), w, v), single_rounding * 10);
  Mat gram(70, 70), products(70, 70);
  f->gram(asker.context(), all_rows(*f), w, gram);
  exact->gram(asker.context(), all_rows(*f), w, products);
  const Mat apart = gram - products;
  const auto size = static_cast<std::size_t>(gram.size());
  EXPECT_LE(kernels::max_abs({apart.data(), size}),
            single_rounding * kernels::max_abs({products.data(), size}));
}

TEST(Neural, WithoutHiddenLayersIsSoftmaxRegression) {
  const ToyRows data(60, 5, 3);
  const auto softmax = Softmax::make(5, 3, data.of(Form::sparse_f64), {.l2 = 0.1});
  NeuralOptions options = options_of({});
  options.l2 = 0.1;
  const auto f = make(5, 3, data.of(Form::sparse_f64), options);
  ASSERT_EQ(f->layout().size(), softmax->layout().size());
  const Vec w = test::some_point(18);
  Vec g(18), expected(18);
  Asker asker;
  EXPECT_NEAR(f->gradient(asker.context(), all_rows(*f), w, {}, g),
              softmax->gradient(asker.context(), all_rows(*softmax), w, {}, expected), rounding);
  EXPECT_LE(largest(g - expected), rounding);
}

TEST(Neural, OfOneDenseLayerWithSquaredLossIsLeastSquares) {
  const ToyRows data(60, 5, 3);
  const auto linear = LeastSquares::make(5, data.of(Form::dense_f64), LinearModelOptions{});
  NeuralOptions options = options_of({"dense 1"});
  options.loss = NeuralLoss::squared;
  const auto f = make(5, 1, data.of(Form::dense_f64), options);
  const Vec w = test::some_point(6), v = test::some_point(6, 8);
  Vec g(6), expected(6);
  Asker asker;
  EXPECT_NEAR(f->gradient(asker.context(), all_rows(*f), w, {}, g),
              linear->gradient(asker.context(), all_rows(*linear), w, {}, expected), rounding);
  EXPECT_LE(largest(g - expected), rounding);
  f->hvp(asker.context(), all_rows(*f), w, v, g);
  linear->hvp(asker.context(), all_rows(*linear), w, v, expected);
  EXPECT_LE(largest(g - expected), rounding);
}

/// Answers on a sample as a list of doubles whose bits can be compared.
std::vector<double> answers(const Function& f, Function::Context context, const Sample& sample,
                            const Vec& w, const Vec& v) {
  std::vector<double> out{f.value(context, sample, w), f.jvp(context, sample, w, v)};
  Vec g(w.size());
  out.push_back(f.gradient(context, sample, w, {}, g));
  out.insert(out.end(), g.begin(), g.end());
  f.hvp(context, sample, w, v, g);
  out.insert(out.end(), g.begin(), g.end());
  std::vector<double> losses(sample.rows());
  f.losses(context, sample, w, losses);
  out.insert(out.end(), losses.begin(), losses.end());
  return out;
}

TEST(Neural, AnswersHaveTheSameBitsOnAnyThreadsAndInstructionSet) {
  const ToyRows data(1600, 19, 3);
  const Isa before = isa();
  for (const Compute compute : {Compute::single_precision, Compute::double_precision}) {
    const auto f = make(19, 3, data.of(Form::dense_f64),
                        options_of({"dense 17 relu", "dense 13 gelu"}, compute));
    const Vec w = f->start(), v = test::some_point(f->layout().size(), 5);
    set_isa(Isa::avx2);
    Asker one;
    const auto expected = answers(*f, one.context(), all_rows(*f), w, v);
    for (const Isa used : {Isa::avx2, Isa::avx512}) {
      if (!supports(used)) continue;
      set_isa(used);
      for (const std::size_t threads : {1U, 3U}) {
        Asker asker(threads);
        EXPECT_TRUE(test::same_bits(answers(*f, asker.context(), all_rows(*f), w, v), expected))
            << isa_name() << " on " << threads;
      }
    }
    set_isa(before);
  }
}

TEST(Neural, ARowHasTheSameBitsInAnySample) {
  const ToyRows data(200, 19, 3);
  const auto f = make(19, 3, data.of(Form::dense_f32),
                      options_of({"dense 17 tanh"}, Compute::single_precision));
  const Vec w = f->start();
  Asker asker;
  std::vector<double> all(200), scores(600);
  f->predict(asker.context(), all_rows(*f), w, all, scores);
  Sample some = all_rows(*f);
  some.first = 60;
  some.count = 21;
  std::vector<double> losses(21);
  f->losses(asker.context(), some, w, losses);
  EXPECT_TRUE(test::same_bits(losses, {all.begin() + 60, all.begin() + 81}));
  const std::vector<std::uint32_t> picked{199, 0, 65, 3};
  some = all_rows(*f);
  some.picks = picked;
  losses.resize(4);
  f->losses(asker.context(), some, w, losses);
  EXPECT_TRUE(test::same_bits(losses, {all[199], all[0], all[65], all[3]}));
}

TEST(Neural, AWeightOfZeroTakesARowOut) {
  const ToyRows data(30, 6, 3);
  const auto f = make(6, 3, data.of(Form::dense_f64), options_of({"dense 5 relu"}));
  const Vec w = f->start();
  std::vector<double> weights(30, 0.0);
  weights[7] = 30;  // times 1/30: one row's loss
  Vec g(w.size()), expected(w.size());
  Asker asker;
  Sample seventh = all_rows(*f);
  seventh.first = 7;
  seventh.count = 1;
  EXPECT_NEAR(f->gradient(asker.context(), all_rows(*f), w, weights, g),
              f->gradient(asker.context(), seventh, w, {}, expected), rounding);
  EXPECT_LE(largest(g - expected), rounding);
}

TEST(Neural, AnEmptySampleHasTheRegulariserAlone) {
  const ToyRows data(4, 3, 2);
  NeuralOptions options = options_of({"dense 4 relu"});
  options.l2 = 0.5;
  const auto f = make(3, 2, data.of(Form::dense_f64), options);
  const Vec w = Vec::Ones(static_cast<Index>(f->layout().size()));
  Sample none = all_rows(*f);
  none.count = 0;
  Asker asker;
  Vec g(w.size());
  // 4 · 3 + 2 · 4 weights, and biases that do not count.
  EXPECT_EQ(f->gradient(asker.context(), none, w, {}, g), 0.25 * 20);
  EXPECT_EQ(g[0], 0.5);
  EXPECT_EQ(g[12], 0);
}

TEST(Neural, NotANumberIsSeen) {
  const ToyRows data(4, 3, 2);
  const auto f =
      make(3, 2, data.of(Form::dense_f64), options_of({"dense 4 relu"}, Compute::single_precision));
  Vec w = f->start();
  w[0] = std::nan("");
  Asker asker;
  EXPECT_TRUE(std::isnan(f->value(asker.context(), all_rows(*f), w)));
}

TEST(Neural, StartsFromTheStatedDistributions) {
  const ToyRows data(2, 40, 2);
  NeuralOptions options = options_of({"dense 500 relu"});
  const auto he = make(40, 2, data.of(Form::dense_f64), options, 5);
  const Vec w = he->start();
  const auto first = as_span(w).first(40 * 500);
  // 20 000 draws: the sample variance is within 5 · √(2/20000) = 5 % of 2/40 at five deviations.
  EXPECT_NEAR(kernels::squared_norm(first) / 20000, 0.05, 0.05 * 0.05);
  EXPECT_EQ(kernels::max_abs(as_span(w).subspan(20000, 500)), 0);
  EXPECT_EQ(w, make(40, 2, data.of(Form::dense_f64), options, 5)->start());
  EXPECT_NE(w, make(40, 2, data.of(Form::dense_f64), options, 6)->start());

  options.weights = Initialization::xavier;
  const Vec x = make(40, 2, data.of(Form::dense_f64), options, 5)->start();
  const double limit = std::sqrt(6.0 / 540);
  EXPECT_LE(kernels::max_abs(as_span(x).first(20000)), limit);
  EXPECT_GT(kernels::max_abs(as_span(x).first(20000)), 0.99 * limit);
}

TEST(Neural, LayoutNamesEveryTensor) {
  const ToyRows data(2, 7, 3);
  const auto f = make(7, 3, data.of(Form::dense_f64), options_of({"dense 5 relu"}));
  const auto& segments = f->layout().segments();
  ASSERT_EQ(segments.size(), 4U);
  const char* names[] = {"dense1.weight", "dense1.bias", "dense2.weight", "dense2.bias"};
  const std::size_t sizes[][3] = {{0, 5, 7}, {35, 5, 1}, {40, 3, 5}, {55, 3, 1}};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(segments[i].name, names[i]);
    EXPECT_EQ(segments[i].offset, sizes[i][0]);
    EXPECT_EQ(segments[i].rows, sizes[i][1]);
    EXPECT_EQ(segments[i].cols, sizes[i][2]);
    EXPECT_EQ(segments[i].kind, i % 2 == 0 ? SegmentKind::weight : SegmentKind::bias);
  }
}

TEST(Neural, ALayerThatIsNotOneIsToldByItsWord) {
  const auto message = [](const char* text) {
    const auto layer = parse_layer(text);
    return layer ? std::string() : layer.error().message;
  };
  using testing::HasSubstr;
  EXPECT_THAT(message("dens 20"), HasSubstr("word 1: expected a layer"));
  EXPECT_THAT(message("dense relu"), HasSubstr("word 2: expected the number of outputs"));
  EXPECT_THAT(message("dense 0"), HasSubstr("from 1 to"));
  EXPECT_THAT(message("dense -3"), HasSubstr("found \"-3\""));
  EXPECT_THAT(message("dense 20x"), HasSubstr("found \"20x\" in \"dense 20x\""));
  EXPECT_THAT(message("dense"), HasSubstr("found the end"));
  EXPECT_THAT(message("dense 20 rule"), HasSubstr("word 3: expected relu, gelu, tanh or the end"));
  EXPECT_THAT(message("dense 20 relu 3"), HasSubstr("word 4: expected the end"));
  EXPECT_EQ(message("dense 20 relu"), "");
}

TEST(Neural, BindsToLabelsAndToALastLayerOfTheirNumber) {
  DataOptions data;
  data.cache.directory.clear();
  data.name = "digits";
  const auto digits = load_data(data);
  ASSERT_TRUE(digits) << digits.error().message;
  for (const auto& layers :
       {options_of({"dense 20 relu"}), options_of({"dense 20 relu", "dense 10"})}) {
    const auto f = Neural::bind(layers, digits->store, 1);
    ASSERT_TRUE(f) << f.error().message;
    EXPECT_EQ((*f)->layout().size(), 64U * 20 + 20 + 20 * 10 + 10);
  }
  const auto narrow = Neural::bind(options_of({"dense 20 relu", "dense 9"}), digits->store, 1);
  ASSERT_FALSE(narrow);
  EXPECT_THAT(narrow.error().message,
              testing::HasSubstr("model.layers[1]: \"dense 9\" has 9 outputs, expected 10"));

  data.task = Task::regression;
  const auto targets = load_data(data);
  ASSERT_TRUE(targets) << targets.error().message;
  const auto refused = Neural::bind(options_of({}), targets->store, 1);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, testing::HasSubstr("model.loss: cross_entropy needs"));
  NeuralOptions squared = options_of({"dense 20 relu"});
  squared.loss = NeuralLoss::squared;
  const auto f = Neural::bind(squared, targets->store, 1);
  ASSERT_TRUE(f) << f.error().message;
  EXPECT_EQ((*f)->prediction().outcome, Outcome::value);
  EXPECT_FALSE(Neural::bind(squared, digits->store, 1));
}

}  // namespace
}  // namespace cohort
