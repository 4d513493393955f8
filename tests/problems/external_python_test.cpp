// python/cohort_external.py and examples/external, from this side. Skipped without NumPy.

#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "core/kernels.hpp"
#include "problems/external/external.hpp"
#include "problems/neural/neural.hpp"
#include "tests/problems/toy_rows.hpp"

namespace cohort {
namespace {

using test::all_rows;
using test::Asker;
using test::Form;
using test::ToyRows;
using testing::HasSubstr;

const std::string root = COHORT_SOURCE_DIR;
// Two programs that add the same hundreds of terms in double, in different orders.
constexpr double rounding = 1e-12;

/// A Python with NumPy, or nothing.
std::string python() {
  for (const std::string candidate : {"/usr/bin/python3", "python3"}) {
    if (std::system((candidate + " -c 'import numpy' 2>/dev/null").c_str()) == 0) return candidate;
  }
  return {};
}

class ExternalPython : public testing::Test {
 protected:
  void SetUp() override {
    if (python_.empty()) GTEST_SKIP() << "no Python with NumPy, as Debian has in python3-numpy";
  }
  void TearDown() override { std::filesystem::remove(script_); }
  // A program that serves this class, S.
  std::vector<std::string> serving(const std::string& body) {
    script_ = testing::TempDir() + "external-" + std::to_string(::getpid()) + ".py";
    std::ofstream(script_) << "import os, sys\nsys.path.insert(0, '" << root << "/python')\n"
                           << "import numpy as np\nimport cohort_external\n"
                           << body << "\ncohort_external.serve(S())\n";
    return {python_, script_};
  }
  static inline const std::string python_ = python();

 private:
  std::string script_;
};

TEST_F(ExternalPython, TheNetworkOfTheExampleIsTheBuiltInOne) {
  const ToyRows data(60, 64, 10);
  ExternalModel::Options options;
  options.dimension = 64 * 32 + 32 + 32 * 10 + 10;
  options.predicts = Outcome::classes;
  options.command = {python_, root + "/examples/external/mlp.py"};
  const auto made = ExternalModel::make(options, 64, 10, data.of(Form::sparse_f32), 3);
  ASSERT_TRUE(made) << made.error().message;
  const Function& theirs = **made;
  EXPECT_NE(theirs.start(), Vec::Zero(theirs.start().size()));
  NeuralOptions network;
  network.compute = Compute::double_precision;
  network.layers = {*parse_layer("dense 32 relu")};
  const auto ours = *Neural::make(64, 10, data.of(Form::sparse_f32), network, 3);

  const Vec w = test::some_point(theirs.layout().size());
  std::vector<double> weights(60);
  Stream(9, Purpose::test).fill_uniform(weights);
  constexpr std::uint32_t picks[] = {3, 4, 20, 0, 7, 7};
  Sample some = all_rows(theirs);
  some.first = 10;
  some.count = 30;
  some.picks = picks;
  Asker asker;
  Vec g(w.size()), expected(w.size());
  const auto apart = [&] {
    const Vec difference = g - expected;
    return kernels::max_abs(as_span(difference));
  };
  for (const Sample& sample : {all_rows(theirs), some}) {
    const auto weight = std::span(weights).first(sample.rows());
    EXPECT_NEAR(theirs.value(asker.context(), sample, w), ours->value(asker.context(), sample, w),
                rounding);
    theirs.gradient(asker.context(), sample, w, {}, g);
    ours->gradient(asker.context(), sample, w, {}, expected);
    EXPECT_LE(apart(), rounding);
    EXPECT_NEAR(theirs.gradient(asker.context(), sample, w, weight, g),
                ours->gradient(asker.context(), sample, w, weight, expected), rounding);
    EXPECT_LE(apart(), rounding);
    std::vector<double> losses(sample.rows()), expected_losses(sample.rows());
    theirs.losses(asker.context(), sample, w, losses);
    ours->losses(asker.context(), sample, w, expected_losses);
    EXPECT_LE(kernels::squared_distance(std::span<const double>(losses),
                                        std::span<const double>(expected_losses)),
              rounding);
  }
  EXPECT_EQ(test::correct_rows(theirs, asker.context(), all_rows(theirs), w),
            test::correct_rows(*ours, asker.context(), all_rows(theirs), w));
}

TEST_F(ExternalPython, ATrainerIsAskedToFitAndTakesTheSameStepsAgain) {
  const ToyRows data(20, 3, 2);
  ExternalModel::Options options;
  options.role = ExternalRole::trainer;
  options.dimension = 3;
  options.predicts = Outcome::binary;
  options.command = serving(R"(
class S:
    def fit(self, w, at):
        return w - 0.5 * at.x.mean(0) - 1e-3 * at.rng().normal(size=3), 2.5
    def evaluate(self, w, at):
        margins = at.x @ w
        return (margins - at.y) ** 2, margins[:, None]
)");
  const auto made = ExternalModel::make(options, 3, 2, data.of(Form::dense_f64), 3);
  ASSERT_TRUE(made) << made.error().message;
  const Function& f = **made;
  EXPECT_TRUE(f.capabilities().has(Query::gradient));
  EXPECT_FALSE(f.capabilities().has(Query::hvp));
  const Vec w = test::some_point(3);
  Vec first(3), again(3), elsewhere(3);
  Asker asker;
  EXPECT_EQ(f.gradient(asker.context(), all_rows(f), w, {}, first), 2.5);
  f.gradient(asker.context(), all_rows(f), w, {}, again);
  EXPECT_EQ(first, again);
  const Vec moved = 2 * w;
  f.gradient(asker.context(), all_rows(f), moved, {}, elsewhere);
  EXPECT_NE(first, elsewhere);  // other draws
  double mean = 0, value = 0;
  for (std::size_t j = 0; j < 20; ++j) {
    mean += data.value(j, 0) / 20;
    double margin = 0;
    for (std::size_t k = 0; k < 3; ++k) margin += w[static_cast<Index>(k)] * data.value(j, k);
    value += (margin - data.label(j)) * (margin - data.label(j)) / 20;
  }
  EXPECT_NEAR(first[0], 0.5 * mean, 1e-2);  // ten deviations of its draws
  EXPECT_NEAR(f.value(asker.context(), all_rows(f), w), value, rounding);
}

TEST_F(ExternalPython, ProcessesShareQuestionsOfThreads) {
  ExternalProblem::Options options;
  options.dimension = 50;
  options.processes = 3;
  options.answers.push_back(ExternalAnswer::hvp);
  options.command = {python_, root + "/examples/external/quadratic.py"};
  const auto made = ExternalProblem::make(options, 1, 12);
  ASSERT_TRUE(made) << made.error().message;
  std::vector<Vec> gradients(12, Vec(50));
  ThreadPool pool(3);
  std::vector<Scratch> scratch(3);
  const Vec w = test::some_point(50);
  pool.parallel_for(12, [&](std::size_t i, std::size_t lane) {
    Sample sample{RowSource::client, ClientId(i), 0, 1, {}};
    (*made)->gradient({pool, scratch[lane]}, sample, w, {}, gradients[i]);
  });
  for (std::size_t i = 0; i < 12; ++i) {
    Asker asker;
    Vec g(50), h(50);
    const Sample sample{RowSource::client, ClientId(i), 0, 1, {}};
    (*made)->gradient(asker.context(), sample, w, {}, g);
    EXPECT_EQ(g, gradients[i]) << i;
    (*made)->hvp(asker.context(), sample, w, g, h);
    EXPECT_EQ(h, g);
    EXPECT_EQ((*made)->jvp(asker.context(), sample, w, g), kernels::squared_norm(as_span(g)));
  }
  EXPECT_NE(gradients[0], gradients[1]);
}

TEST_F(ExternalPython, AnExceptionIsToldAndPrintingDoesNoHarm) {
  ExternalProblem::Options options;
  options.dimension = 2;
  options.command = serving(R"(
class S:
    def value(self, w, at):
        print("to standard error")
        if at.client == 1:
            raise ValueError("no such client")
        return 4
)");
  const auto made = ExternalProblem::make(options, 1, 2);
  ASSERT_TRUE(made) << made.error().message;
  Asker asker;
  const Vec w = Vec::Zero(2);
  const auto value = [&](std::uint64_t client) {
    return (*made)->value(asker.context(), {RowSource::client, ClientId(client), 0, 1, {}}, w);
  };
  EXPECT_EQ(value(0), 4);
  try {
    value(1);
    FAIL() << "it answered";
  } catch (const ExternalFailure& failure) {
    EXPECT_THAT(failure.what(), HasSubstr("it says: ValueError: no such client"));
  }
  Vec g(2);
  try {
    (*made)->gradient(asker.context(), {RowSource::client, ClientId(0), 0, 1, {}}, w, {}, g);
    FAIL() << "it answered";
  } catch (const ExternalFailure& failure) {
    EXPECT_THAT(failure.what(), HasSubstr("S has no gradient"));
  }
}

}  // namespace
}  // namespace cohort
