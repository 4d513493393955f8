#include "problems/make_function.hpp"

#include "problems/derivative_check.hpp"
#include "tests/problems/toy_rows.hpp"

namespace cohort {
namespace {

using test::Asker;

Sample of_client(std::uint64_t i) {
  Sample sample;
  sample.client = ClientId(i);
  sample.count = 1;
  return sample;
}

/// f_i(w) = ¼ Σ (w − i)⁴ in two dimensions.
FunctionParts quartics() {
  FunctionParts parts;
  parts.name = "quartics";
  parts.dimension = 2;
  parts.clients = 3;
  const auto apart = [](ClientId i, VecView w) {
    return Vec(w.array() - static_cast<double>(i.value));
  };
  parts.value = [apart](ClientId i, VecView w) {
    const Vec e = apart(i, w).array().square();
    return 0.25 * (e[0] * e[0] + e[1] * e[1]);
  };
  parts.gradient = [apart, value = parts.value](ClientId i, VecView w, VecRef g) {
    g = apart(i, w).array().cube();
    return value(i, w);
  };
  parts.hvp = [apart](ClientId i, VecView w, VecView v, VecRef out) {
    out = 3 * apart(i, w).array().square() * v.array();
  };
  return parts;
}

TEST(MakeFunction, AnswersWhatTheLambdasSay) {
  const auto f = make_function(quartics());
  Asker asker;
  const auto report =
      check_derivatives(*f, asker.context(), of_client(2), (Vec(2) << 0.5, -1).finished());
  EXPECT_TRUE(report.passed()) << report.to_string();
  EXPECT_GE(report.checks.size(), 8U);
  EXPECT_EQ(f->value(asker.context(), of_client(1), Vec::Zero(2)), 0.5);
  EXPECT_EQ(f->rows(RowSource::client, ClientId(2)), 1U);
  EXPECT_EQ(f->rows(RowSource::client, ClientId(3)), 0U);
  EXPECT_EQ(f->rows(RowSource::test, ClientId(0)), 0U);
}

TEST(MakeFunction, AWrongGradientIsFoundByTheCheck) {
  FunctionParts parts = quartics();
  parts.gradient = [value = parts.value](ClientId i, VecView w, VecRef g) {
    g = 1.01 * (w.array() - static_cast<double>(i.value)).cube();
    return value(i, w);
  };
  const auto f = make_function(parts);
  Asker asker;
  EXPECT_FALSE(check_derivatives(*f, asker.context(), of_client(2), (Vec(2) << 0.5, -1).finished())
                   .passed());
}

TEST(MakeFunction, CanDoWhatItWasGiven) {
  FunctionParts parts = quartics();
  EXPECT_EQ(make_function(parts)->capabilities().to_string(),
            "value, losses, gradient, hvp, jvp, hessian");
  parts.hvp = {};
  EXPECT_EQ(make_function(parts)->capabilities().to_string(), "value, losses, gradient, jvp");
  parts.gradient = {};
  EXPECT_EQ(make_function(parts)->capabilities().to_string(), "value, losses");
  EXPECT_FALSE(make_function(parts)->has_minimiser());
  parts.minimiser = Vec::Ones(2);
  EXPECT_EQ(make_function(parts)->minimiser({}), Vec::Ones(2));
}

TEST(MakeFunctionDeathTest, PartsThatDoNotFitAreNamed) {
  FunctionParts parts = quartics();
  parts.start = Vec::Zero(3);
  EXPECT_DEATH(make_function(parts), "start has the dimension");
  parts = quartics();
  parts.value = {};
  EXPECT_DEATH(make_function(parts), "it has a value");
}

}  // namespace
}  // namespace cohort
