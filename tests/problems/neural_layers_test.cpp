// Layers that look at images, normalise, or look symbols up.

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/cpu.hpp"
#include "core/kernels.hpp"
#include "problems/derivative_check.hpp"
#include "problems/neural/neural.hpp"
#include "tests/problems/toy_rows.hpp"

namespace cohort {
namespace {

using test::all_rows;
using test::Asker;
using testing::HasSubstr;

// Sums of a few hundred terms of size 1, in two orders.
constexpr double rounding = 1e-12;
// Single precision has 6e-8; chains of up to hundreds of terms through five layers stay within 50
// of them, relative to the largest entry.
constexpr double single_rounding = 3e-6;

NeuralOptions options_of(std::initializer_list<const char*> layers,
                         Compute compute = Compute::double_precision) {
  NeuralOptions options;
  for (const char* text : layers) options.layers.push_back(*parse_layer(text));
  options.compute = compute;
  return options;
}

/// Rows of values in general position, or of numbers of `symbols`, with labels of 3 classes.
class GeneralRows {
 public:
  GeneralRows(std::size_t count, std::size_t features, std::size_t symbols = 0)
      : features_(features), values_(count * features) {
    Stream stream(11, Purpose::test);
    stream.fill_uniform(values_);
    for (double& x : values_) {
      x = symbols == 0 ? 2 * x - 1 : std::floor(x * static_cast<double>(symbols));
    }
    for (std::size_t j = 0; j < count; ++j) labels_.push_back(static_cast<double>(stream.below(3)));
  }
  RowsOf of() const {
    const DenseRows<double> rows{labels_.size(), features_, features_, values_.data(),
                                 labels_.data()};
    return [rows](RowSource, ClientId) { return Rows(rows); };
  }
  double value(std::size_t j, std::size_t f) const { return values_[j * features_ + f]; }

 private:
  std::size_t features_;
  std::vector<double> values_;
  std::vector<double> labels_;
};

std::unique_ptr<Function> make(std::size_t features, const GeneralRows& rows,
                               const NeuralOptions& options) {
  auto f = Neural::make(features, 3, rows.of(), options, 1);
  EXPECT_TRUE(f) << f.error().message;
  return *std::move(f);
}

struct Case {
  const char* name;
  std::size_t features;
  std::size_t symbols;
  NeuralOptions options;
};

std::vector<Case> cases(Compute compute = Compute::double_precision) {
  std::vector<Case> all{
      {"conv", 25, 0, options_of({"conv 3 3 tanh"}, compute)},
      {"conv on conv with zeros", 16, 0,
       options_of({"conv 2 3 pad 1 tanh", "conv 3 2 gelu"}, compute)},
      {"kernel that sees zeros alone at corners", 9, 0,
       options_of({"conv 2 3 pad 2 gelu"}, compute)},
      {"pool", 49, 0, options_of({"conv 2 3 pad 1 tanh", "pool 3", "dense 4 tanh"}, compute)},
      {"pool first", 16, 0, options_of({"pool 2", "dense 4 tanh"}, compute)},
      {"norm", 36, 0, options_of({"conv 4 3", "norm 2 gelu", "pool 2"}, compute)},
      {"norm of dense", 7, 0, options_of({"dense 12", "norm 2 tanh"}, compute)},
      {"norm first", 6, 0, options_of({"norm 1", "dense 5 tanh"}, compute)},
      {"embed", 5, 7, options_of({"embed 7 3", "dense 6 tanh"}, compute)},
      {"channels", 24, 0, options_of({"conv 3 2 tanh", "pool 2"}, compute)},
  };
  all.back().options.image = {3, 4, 2};
  return all;
}

Vec point_of(const Function& f) { return f.start() + 0.2 * test::some_point(f.layout().size()); }

TEST(NeuralLayers, EveryAnswerAgreesWithDifferencesOfItsValues) {
  constexpr std::uint32_t picks[] = {3, 4, 17, 0, 7, 7};
  for (Case& c : cases()) {
    c.options.l2 = 0.25;
    const GeneralRows rows(20, c.features, c.symbols);
    const auto f = make(c.features, rows, c.options);
    const Vec w = point_of(*f);
    Sample some = all_rows(*f);
    some.first = 1;
    some.count = 19;
    some.picks = picks;
    Asker asker;
    for (const Sample& sample : {all_rows(*f), some}) {
      const auto report = check_derivatives(*f, asker.context(), sample, w);
      EXPECT_TRUE(report.passed()) << c.name << "\n" << report.to_string();
      EXPECT_GE(report.checks.size(), 9U);
    }
  }
}

double largest(const Vec& x) { return kernels::max_abs(as_span(x)); }

TEST(NeuralLayers, SinglePrecisionIsNearDouble) {
  const auto exact_cases = cases(), single_cases = cases(Compute::single_precision);
  for (std::size_t i = 0; i < exact_cases.size(); ++i) {
    const Case& c = exact_cases[i];
    const GeneralRows rows(70, c.features, c.symbols);
    const auto exact = make(c.features, rows, c.options);
    const auto f = make(c.features, rows, single_cases[i].options);
    const Vec w = point_of(*exact), v = test::some_point(f->layout().size());
    Asker asker;
    Vec out(w.size()), expected(w.size());
    f->gradient(asker.context(), all_rows(*f), w, {}, out);
    exact->gradient(asker.context(), all_rows(*f), w, {}, expected);
    EXPECT_LE(largest(out - expected), single_rounding * largest(expected)) << c.name;
    f->hvp(asker.context(), all_rows(*f), w, v, out);
    exact->hvp(asker.context(), all_rows(*f), w, v, expected);
    EXPECT_LE(largest(out - expected), single_rounding * largest(expected)) << c.name;
  }
}

TEST(NeuralLayers, ConvolutionIsItsFormula) {
  // An image of 2 channels, 4 × 5, kernels of 3 with a ring of zeros, 3 outputs; scores are all.
  constexpr std::size_t channels = 2, height = 4, width = 5, outputs = 3, side = 3;
  constexpr std::size_t features = channels * height * width;
  const GeneralRows rows(18, features);
  NeuralOptions options = options_of({"conv 3 3 pad 1", "dense 3"});
  options.image = {height, width, channels};
  const auto f = make(features, rows, options);
  const Vec w = test::some_point(f->layout().size());
  Asker asker;
  std::vector<double> scores(18 * 3);
  f->predict(asker.context(), all_rows(*f), w, {}, scores);
  const auto kernel = [&](std::size_t k, std::size_t c, std::size_t i, std::size_t j) {
    return w[static_cast<Index>(((k * channels + c) * side + i) * side + j)];
  };
  constexpr std::size_t bias = outputs * channels * side * side;
  constexpr std::size_t seen = outputs * height * width, dense = bias + outputs;
  for (std::size_t row = 0; row < 18; ++row) {
    std::vector<double> z;
    for (std::size_t k = 0; k < outputs; ++k) {
      for (std::size_t y = 0; y < height; ++y) {
        for (std::size_t x = 0; x < width; ++x) {
          double sum = w[static_cast<Index>(bias + k)];
          for (std::size_t c = 0; c < channels; ++c) {
            for (std::size_t i = 0; i < side; ++i) {
              for (std::size_t j = 0; j < side; ++j) {
                if (y + i < 1 || y + i > height || x + j < 1 || x + j > width) continue;
                sum += kernel(k, c, i, j) *
                       rows.value(row, (c * height + y + i - 1) * width + x + j - 1);
              }
            }
          }
          z.push_back(sum);
        }
      }
    }
    for (std::size_t o = 0; o < 3; ++o) {
      double score = w[static_cast<Index>(dense + 3 * seen + o)];
      for (std::size_t i = 0; i < seen; ++i) {
        score += w[static_cast<Index>(dense + o * seen + i)] * z[i];
      }
      EXPECT_NEAR(scores[row * 3 + o], score, rounding) << row;
    }
  }
}

TEST(NeuralLayers, AKernelOfTheWholeImageIsADenseLayer) {
  const GeneralRows rows(30, 16);
  const auto conv = make(16, rows, options_of({"conv 5 4 tanh"}));
  const auto dense = make(16, rows, options_of({"dense 5 tanh"}));
  ASSERT_EQ(conv->layout().size(), dense->layout().size());
  EXPECT_EQ(conv->start(), dense->start());
  const Vec w = test::some_point(conv->layout().size());
  Vec g(w.size()), expected(w.size());
  Asker asker;
  EXPECT_EQ(conv->gradient(asker.context(), all_rows(*conv), w, {}, g),
            dense->gradient(asker.context(), all_rows(*dense), w, {}, expected));
  EXPECT_LE(largest(g - expected), rounding);
}

TEST(NeuralLayers, ANormalisedGroupHasMeanZeroAndDeviationOne) {
  const GeneralRows rows(5, 12);
  const auto f = make(12, rows, options_of({"norm 3", "dense 3"}));
  // Scores are what unit weights pick of the normalised values.
  Vec w = Vec::Zero(static_cast<Index>(f->layout().size()));
  w.head(12).setOnes();
  for (std::size_t row = 0; row < 5; ++row) {
    std::vector<double> normal;
    for (std::size_t i = 0; i < 12; ++i) {
      Vec picking = w;
      picking[static_cast<Index>(24 + i)] = 1;
      std::vector<double> scores(5 * 3);
      Asker asker;
      f->predict(asker.context(), all_rows(*f), picking, {}, scores);
      normal.push_back(scores[row * 3]);
    }
    for (std::size_t group = 0; group < 3; ++group) {
      double mean = 0, square = 0;
      for (std::size_t i = 4 * group; i < 4 * group + 4; ++i) {
        mean += normal[i] / 4;
        square += normal[i] * normal[i] / 4;
      }
      EXPECT_NEAR(mean, 0, rounding);
      // σ²/(σ² + 1e-5), σ² at least 0.01 for values in general position.
      EXPECT_NEAR(square, 1, 1e-3);
    }
  }
}

TEST(NeuralLayers, AnEmbeddingIsADenseLayerOfIndicators) {
  const GeneralRows rows(30, 4, 5);
  const auto embed = make(4, rows, options_of({"embed 5 2", "dense 3"}));
  std::vector<double> indicators(30 * 20), labels(30, 0.0);
  for (std::size_t j = 0; j < 30; ++j) {
    for (std::size_t i = 0; i < 4; ++i) {
      indicators[j * 20 + i * 5 + static_cast<std::size_t>(rows.value(j, i))] = 1;
    }
  }
  const Vec w = test::some_point(embed->layout().size());
  std::vector<double> scores(30 * 3);
  Asker asker;
  embed->predict(asker.context(), all_rows(*embed), w, {}, scores);
  for (std::size_t j = 0; j < 30; ++j) {
    for (std::size_t o = 0; o < 3; ++o) {
      double score = w[static_cast<Index>(10 + 24 + o)];
      for (std::size_t i = 0; i < 4; ++i) {
        for (std::size_t v = 0; v < 5; ++v) {
          for (std::size_t e = 0; e < 2; ++e) {
            score += indicators[j * 20 + i * 5 + v] * w[static_cast<Index>(v * 2 + e)] *
                     w[static_cast<Index>(10 + o * 8 + i * 2 + e)];
          }
        }
      }
      EXPECT_NEAR(scores[j * 3 + o], score, rounding);
    }
  }
}

TEST(NeuralLayers, WhatIsNoSymbolIsSeen) {
  const GeneralRows rows(6, 4, 5);
  const auto f = make(4, rows, options_of({"embed 4 2"}));
  Asker asker;
  EXPECT_TRUE(std::isnan(f->value(asker.context(), all_rows(*f), f->start())));
}

TEST(NeuralLayers, APoolPassesOnWhatIsNoNumber) {
  const GeneralRows rows(6, 16);
  const auto f = make(16, rows, options_of({"conv 1 1", "pool 2"}, Compute::single_precision));
  Vec w = f->start();
  w[0] = std::nan("");
  Asker asker;
  EXPECT_TRUE(std::isnan(f->value(asker.context(), all_rows(*f), w)));
}

std::vector<double> answers(const Function& f, Function::Context context, const Vec& w,
                            const Vec& v) {
  const Sample sample = all_rows(f);
  std::vector<double> out{f.value(context, sample, w), f.jvp(context, sample, w, v)};
  Vec g(w.size());
  out.push_back(f.gradient(context, sample, w, {}, g));
  out.insert(out.end(), g.begin(), g.end());
  f.hvp(context, sample, w, v, g);
  out.insert(out.end(), g.begin(), g.end());
  return out;
}

TEST(NeuralLayers, AnswersHaveTheSameBitsOnAnyThreadsAndInstructionSet) {
  const Isa before = isa();
  for (const Compute compute : {Compute::single_precision, Compute::double_precision}) {
    for (const Case& c : cases(compute)) {
      const GeneralRows rows(600, c.features, c.symbols);
      const auto f = make(c.features, rows, c.options);
      const Vec w = point_of(*f), v = test::some_point(f->layout().size(), 5);
      set_isa(Isa::avx2);
      Asker one;
      const auto expected = answers(*f, one.context(), w, v);
      for (const Isa used : {Isa::avx2, Isa::avx512}) {
        if (!supports(used)) continue;
        set_isa(used);
        Asker asker(3);
        EXPECT_TRUE(test::same_bits(answers(*f, asker.context(), w, v), expected))
            << c.name << " with " << isa_name();
      }
      set_isa(before);
    }
  }
}

TEST(NeuralLayers, ARowHasTheSameBitsInAnySample) {
  for (const Case& c : cases(Compute::single_precision)) {
    const GeneralRows rows(70, c.features, c.symbols);
    const auto f = make(c.features, rows, c.options);
    const Vec w = point_of(*f);
    Asker asker;
    std::vector<double> all(70), losses(21);
    f->losses(asker.context(), all_rows(*f), w, all);
    Sample some = all_rows(*f);
    some.first = 40;
    some.count = 21;
    f->losses(asker.context(), some, w, losses);
    EXPECT_TRUE(test::same_bits(losses, {all.begin() + 40, all.begin() + 61})) << c.name;
  }
}

TEST(NeuralLayers, GramMatricesAreThereWhereEveryLayerHasThem) {
  const auto can = [](std::initializer_list<const char*> layers) {
    return Neural::without_rows(options_of(layers))->capabilities().has(Query::gram);
  };
  EXPECT_TRUE(can({}));
  EXPECT_TRUE(can({"dense 4 relu", "dense 3"}));
  EXPECT_TRUE(can({"pool 2", "dense 3"}));
  EXPECT_FALSE(can({"conv 2 3", "dense 3"}));
  EXPECT_FALSE(can({"dense 4", "norm 2 relu"}));
  EXPECT_FALSE(can({"embed 65 8"}));
  for (const Case& c : cases()) {
    const GeneralRows rows(4, c.features, c.symbols);
    EXPECT_EQ(make(c.features, rows, c.options)->capabilities().has(Query::gram),
              Neural::without_rows(c.options)->capabilities().has(Query::gram))
        << c.name;
  }
}

TEST(NeuralLayers, LayoutNamesEveryTensorByTheNumberOfItsKind) {
  const GeneralRows rows(2, 36);
  const auto f = make(36, rows, options_of({"conv 4 3 relu", "norm 2", "conv 6 2", "pool 3"}));
  std::vector<std::string> names;
  for (const Segment& s : f->layout().segments()) {
    names.push_back(s.name + " " + std::to_string(s.rows) + "x" + std::to_string(s.cols));
  }
  EXPECT_THAT(names, testing::ElementsAre("conv1.weight 4x9", "conv1.bias 4x1", "norm1.scale 4x1",
                                          "norm1.shift 4x1", "conv2.weight 6x16", "conv2.bias 6x1",
                                          "dense1.weight 3x6", "dense1.bias 3x1"));
}

TEST(NeuralLayers, StartsFromTheStatedDistributions) {
  const GeneralRows rows(2, 400);
  NeuralOptions options = options_of({"conv 800 5"});
  const Vec w = make(400, rows, options)->start();
  // 20 000 draws: the sample variance is within 5 · √(2/20000) = 5 % of 2/25 at five deviations.
  EXPECT_NEAR(kernels::squared_norm(as_span(w).first(20000)) / 20000, 2.0 / 25, 0.05 * 2 / 25);
  options.weights = Initialization::xavier;
  const Vec x = make(400, rows, options)->start();
  const double limit = std::sqrt(6.0 / (25 + 800 * 25));
  EXPECT_LE(kernels::max_abs(as_span(x).first(20000)), limit);
  EXPECT_GT(kernels::max_abs(as_span(x).first(20000)), 0.99 * limit);
}

TEST(NeuralLayers, LayersThatDoNotFitAreNamed) {
  const GeneralRows rows(2, 36);
  const auto message = [&](std::initializer_list<const char*> layers,
                           std::vector<std::uint64_t> image = {}) {
    NeuralOptions options = options_of(layers);
    options.image = std::move(image);
    const auto f = Neural::make(36, 3, rows.of(), options, 1);
    return f ? std::string() : f.error().message;
  };
  EXPECT_THAT(message({"conv 2 7"}),
              HasSubstr("model.layers[0]: \"conv 2 7\" looks at 7 × 7 of an image of 6 × 6"));
  EXPECT_EQ(message({"conv 2 7 pad 1"}), "");
  EXPECT_THAT(message({"conv 4 3", "norm 3"}), HasSubstr("do not divide 4 channels"));
  EXPECT_THAT(message({"dense 4", "embed 5 2"}), HasSubstr("expected it first"));
  EXPECT_THAT(message({"dense 4", "pool 2"}), HasSubstr("an image of 1 × 1"));
  EXPECT_THAT(message({"conv 2 3"}, {5, 7}), HasSubstr("the number of features, 36"));
  EXPECT_THAT(message({"conv 2 3"}, {36}), HasSubstr("found [36]"));
  EXPECT_EQ(message({"conv 2 3"}, {3, 4, 3}), "");
  EXPECT_THAT(message({"conv 16777216 3"}), HasSubstr("outputs"));
  const auto parsed = [](const char* text) {
    const auto layer = parse_layer(text);
    return layer ? std::string() : layer.error().message;
  };
  EXPECT_THAT(parsed("conv 3"), HasSubstr("word 3: expected the side of a kernel"));
  EXPECT_THAT(parsed("conv 3 5 pad"), HasSubstr("word 5: expected the zeros"));
  EXPECT_THAT(parsed("pool 2 same"), HasSubstr("word 3: expected relu"));
  EXPECT_THAT(parsed("embed 65 8 relu"), HasSubstr("word 4: expected the end"));
}

TEST(NeuralLayers, ImagesThatAreNoSquareAreAskedFor) {
  const GeneralRows rows(2, 35);
  const auto f = Neural::make(35, 3, rows.of(), options_of({"conv 2 3"}), 1);
  ASSERT_FALSE(f);
  EXPECT_THAT(f.error().message, HasSubstr("of the 35 features, which are no square"));
}

}  // namespace
}  // namespace cohort
