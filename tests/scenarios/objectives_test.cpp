// Models and problems through the whole platform: optima that runs reach, and what is refused.

#include <gmock/gmock.h>

#include <cmath>

#include "core/random.hpp"
#include "scenarios/model_file.hpp"
#include "tests/scenarios/model_runs.hpp"

namespace cohort {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr std::size_t rows = 60, features = 8;
// A few thousand steps contract below it; the sums of 60 rows round at 1e-16 each.
constexpr double of_the_optimum = 1e-10;

/// Standard normal features; the value is 2 x_0 − x_1 + ½ + noise of 0.1, or of its exponential's
/// size a count, or its sign a class.
struct Table {
  Table() {
    Stream stream(5, Purpose::test);
    for (std::size_t j = 0; j < rows; ++j) {
      for (std::size_t i = 0; i < features; ++i) x.push_back(stream.normal());
      const double z = 2 * at(j, 0) - at(j, 1) + 0.5 + 0.1 * stream.normal();
      value.push_back(z);
    }
  }
  double at(std::size_t j, std::size_t i) const { return x[j * features + i]; }
  template <class Label>
  std::string csv(const Label& label) const {
    std::string out = "a,b,c,d,e,f,g,h,y\n";
    for (std::size_t j = 0; j < rows; ++j) {
      for (std::size_t i = 0; i < features; ++i) out += fmt::format("{},", at(j, i));
      out += fmt::format("{}\n", label(value[j]));
    }
    return out;
  }
  std::vector<double> x, value;
};

std::string full_gradients(const std::string& model, const std::string& optimizer, int rounds,
                           const std::string& metrics, double rate) {
  return fmt::format(
      "name = \"test\"\n[data]\ntrain = \"table.csv\"\n[model]\n{}\n[clients]\ncount = 3\n"
      "[method]\ntype = \"fedsgd\"\nserver = {{ optimizer = {{ type = \"{}\", learning_rate = {} "
      "}} }}\n[schedule]\nrounds = {}\n[evaluation]\nevery = {}\non = [\"train\"]\nmetrics = "
      "[{}]\n",
      model, optimizer, rate, rounds, rounds, metrics);
}

TEST(Objectives, FullBatchProximalStepsReachTheOptimumOfTheLasso) {
  const Folder folder;
  const Table table;
  write(folder, "table.csv", table.csv([](double z) { return z; }));
  const double l1 = 0.2;
  const std::string run =
      run_of(folder, full_gradients("type = \"least_squares\"\nl1 = 0.2", "proximal_sgd", 2000,
                                    "\"objective\", \"loss\"", 0.3));
  const auto model = read_model(run + "/model.npz");
  ASSERT_TRUE(model) << model.error().message;
  ASSERT_EQ(model->blocks[0].name, "weight");
  const std::vector<double>& w = model->blocks[0].values;
  const double bias = model->blocks[1].values[0];

  std::vector<double> gradient(features + 1, 0.0);
  double loss = 0;
  for (std::size_t j = 0; j < rows; ++j) {
    double e = bias - table.value[j];
    for (std::size_t i = 0; i < features; ++i) e += w[i] * table.at(j, i);
    loss += 0.5 * e * e / rows;
    for (std::size_t i = 0; i < features; ++i) gradient[i] += e * table.at(j, i) / rows;
    gradient[features] += e / rows;
  }
  // 0 ∈ ∇f + λ₁ ∂‖w‖₁
  std::size_t zeros = 0;
  double norm = 0;
  for (std::size_t i = 0; i < features; ++i) {
    norm += std::abs(w[i]);
    if (w[i] == 0) {
      ++zeros;
      EXPECT_LE(std::abs(gradient[i]), l1 + of_the_optimum);
    } else {
      EXPECT_NEAR(gradient[i], -std::copysign(l1, w[i]), of_the_optimum);
    }
  }
  EXPECT_NEAR(gradient[features], 0, of_the_optimum);
  EXPECT_GE(zeros, 4U);
  EXPECT_GE(features - zeros, 2U);
  const auto last = rounds_of(run).back();
  EXPECT_NEAR(last["train"]["objective"].get<double>(), loss + l1 * norm, 1e-12);
  EXPECT_NEAR(last["train"]["loss"].get<double>(), loss, 1e-12);
}

TEST(Objectives, GradientDescentReachesTheMinimiserThatNewtonsMethodFinds) {
  const Folder folder;
  const Table table;
  const auto expect_reached = [&](const std::string& name, const auto& label, double rate) {
    write(folder, "table.csv", table.csv(label));
    const std::string text = full_gradients(fmt::format("type = \"{}\"\nl2 = 0.1", name), "sgd",
                                            2000, "\"optimality_gap\", \"distance\"", rate);
    const auto rounds = rounds_of(run_of(folder, text, name));
    EXPECT_GT(rounds.front()["optimality_gap"].get<double>(), 0.05) << name;
    EXPECT_NEAR(rounds.back()["optimality_gap"].get<double>(), 0, 1e-13) << name;
    EXPECT_LT(rounds.back()["distance"].get<double>(), of_the_optimum) << name;
  };
  const auto sign = [](double z) { return z > 0 ? 1 : -1; };
  const auto count = [](double z) { return std::round(std::exp(0.3 * z)); };
  expect_reached(
      "least_squares", [](double z) { return z; }, 0.3);
  expect_reached(
      "huber", [](double z) { return z; }, 0.3);
  expect_reached("smoothed_hinge", sign, 0.3);
  expect_reached("poisson", count, 0.1);
}

TEST(Objectives, RegressionIsMeasuredByItsErrors) {
  const Folder folder;
  const Table table;
  write(folder, "table.csv", table.csv([](double z) { return z; }));
  const std::string text = full_gradients("type = \"least_squares\"", "sgd", 500,
                                          "\"loss\", \"rmse\", \"mae\", \"r2\"", 0.3);
  const auto last = rounds_of(run_of(folder, text)).back()["train"];
  EXPECT_NEAR(last["rmse"].get<double>(), std::sqrt(2 * last["loss"].get<double>()), 1e-12);
  EXPECT_LT(last["mae"].get<double>(), 0.12);
  EXPECT_GT(last["r2"].get<double>(), 0.99);
}

TEST(Objectives, WhatAModelLacksIsRefusedByName) {
  const Folder folder;
  write(folder, "table.csv", Table().csv([](double z) { return z > 0 ? 1 : -1; }));
  const auto refusal = [&](const std::string& text) {
    const Told told = tell({"run", write(folder, "bad.toml", text).string(), "--dry-run"});
    EXPECT_EQ(told.status, 2);
    return told.err;
  };
  EXPECT_THAT(refusal(full_gradients("type = \"hinge\"", "sgd", 1, "\"optimality_gap\"", 0.1)),
              AllOf(HasSubstr("optimality_gap needs a minimiser"), HasSubstr("hinge")));
  EXPECT_THAT(refusal(full_gradients("type = \"hinge\"\nl1 = 0.1", "sgd", 1, "\"loss\"", 0.1)),
              AllOf(HasSubstr("hinge has a penalty"), HasSubstr("proximal_sgd")));
  EXPECT_THAT(refusal(full_gradients("type = \"hinge\"", "sgd", 1, "\"rmse\"", 0.1)),
              AllOf(HasSubstr("rmse"), HasSubstr("hinge")));
}

TEST(Objectives, PlantedSolutionsAreFound) {
  const Folder folder;
  const auto last = [&](const std::string& problem, const std::string& name, double rate,
                        int rounds) {
    const std::string text = fmt::format(
        "name = \"test\"\n[problem]\n{}\n[clients]\ncount = 4\n[method]\ntype = \"fedsgd\"\nserver "
        "= {{ optimizer = {{ type = \"sgd\", learning_rate = {} }} }}\n[schedule]\nrounds = {}\n"
        "[evaluation]\nevery = {}\nmetrics = [\"objective\", \"optimality_gap\", \"distance\"]\n",
        problem, rate, rounds, rounds);
    return rounds_of(run_of(folder, text, name)).back();
  };
  const auto expect_found = [&](const nlohmann::json& round) {
    EXPECT_LT(round["distance"].get<double>(), 1e-6) << round.dump();
    EXPECT_NEAR(round["optimality_gap"].get<double>(), 0, 1e-11) << round.dump();
  };
  expect_found(last("type = \"test_function\"\nname = \"himmelblau\"\nscale_spread = 0.5", "h",
                    0.005, 1000));
  expect_found(last("type = \"test_function\"\nname = \"booth\"\nshift = 2.0", "b", 0.05, 1000));
  expect_found(
      last("type = \"phase_retrieval\"\ndimension = 5\nheterogeneity = 0.3", "p", 0.1, 1000));
  expect_found(last("type = \"matrix_sensing\"\nsize = 5\nheterogeneity = 0.3", "s", 0.1, 1500));
}

TEST(Objectives, AProblemWhoseOptionsDoNotFitIsRefused) {
  const Folder folder;
  const std::string text =
      "name = \"test\"\n[problem]\ntype = \"test_function\"\nname = \"beale\"\ndimension = 3\n"
      "[clients]\ncount = 2\n[method]\ntype = \"fedsgd\"\n[schedule]\nrounds = 1\n";
  const Told told = tell({"run", write(folder, "bad.toml", text).string()});
  EXPECT_EQ(told.status, 2);
  EXPECT_THAT(told.err, HasSubstr("beale has dimension 2, found 3"));
}

}  // namespace
}  // namespace cohort
