#include "algorithms/rules/centered_clipping.hpp"

#include "algorithms/aggregation_catalogue.hpp"
#include "tests/algorithms/aggregation_rows.hpp"

namespace cohort {
namespace {

constexpr double rounding = 1e-14;  // a few sums of numbers about 10
constexpr double no_radius = std::numeric_limits<double>::infinity();

Vec step(const CenteredClipping::Options& options, const Mat& x, const Vec& previous = {}) {
  return rows::apply(rows::rule<CenteredClipping>(options), x, 0, {}, previous);
}

// From 0 with τ = 2.5, (3, 4) is cut to half and (0, 1) is not; from (3, 0) the first is 4 away and
// the second √10.
TEST(CenteredClipping, CutsTheWayToEachRow) {
  const Mat x = rows::matrix({{3, 4}, {0, 1}});
  EXPECT_LT((step({2.5, 1}, x) - rows::vector({0.75, 1.5})).norm(), rounding);
  const double cut = 2.5 / std::sqrt(10.0);
  EXPECT_LT(
      (step({2.5, 1}, x, rows::vector({3, 0})) - rows::vector({3 - 1.5 * cut, (2.5 + cut) / 2}))
          .norm(),
      rounding);
}

// CenteredClipping(m = 0, L = 1, tau = 100) of ByzFL's documentation.
TEST(CenteredClipping, GivesTheExampleOfThePublicLibrary) {
  EXPECT_LT((step({100.0, 1}, rows::one_to_nine()) - rows::vector({4, 5, 6})).norm(), rounding);
}

TEST(CenteredClipping, WithoutARadiusIsTheMeanWhereverItWas) {
  const Mat x = rows::normal(7, 5, 1);
  const Vec mean = x.colwise().mean().transpose();
  EXPECT_LT((step({no_radius, 1}, x, Vec::Constant(5, 20.0)) - mean).norm(), 10 * rounding);
}

TEST(CenteredClipping, GoesAsManyStepsAsItHasIterations) {
  const Mat x = rows::normal(7, 5, 2);
  Vec v = Vec::Constant(5, 3.0);
  const Vec at_once = step({0.5, 4}, x, v);
  for (int l = 0; l < 4; ++l) v = step({0.5, 1}, x, v);
  EXPECT_LT((at_once - v).norm(), 10 * rounding);
}

TEST(CenteredClipping, MovesByAtMostTheRadius) {
  const Vec v = rows::vector({1, 2, 3});
  for (const double far : {1e3, 1e12, 1e100}) {
    const Mat x = Mat::Constant(5, 3, far);
    EXPECT_NEAR((step({0.25, 1}, x, v) - v).norm(), 0.25, 1e-12) << far;
  }
}

// It goes from the last result, and within a radius: these move and grow with the rows.
TEST(CenteredClipping, FollowsRowsLastResultAndRadiusTogether) {
  const Mat x = rows::normal(9, 4, 3);
  const Vec v = rows::vector({1, -1, 0.5, 2}), a = rows::vector({10, 20, -30, 5});
  const Vec result = step({0.7, 2}, x, v);
  EXPECT_LT((step({0.7, 2}, x.rowwise() + a.transpose(), v + a) - result - a).norm(),
            10 * rounding);
  EXPECT_EQ(step({0.7 * 64, 2}, 64 * x, 64 * v), 64 * result);
}

TEST(CenteredClipping, RefusesARadiusThatIsNone) {
  for (const double radius : {0.0, -1.0}) {
    ConfigNode node = config_table();
    node.set("type", config_value(std::string("centered_clipping")));
    node.set("radius", config_value(radius));
    Mistakes mistakes;
    rules().make(node, "", mistakes);
    ASSERT_EQ(mistakes.messages().size(), 1U) << radius;
    EXPECT_NE(mistakes.messages()[0].find("radius"), std::string::npos) << mistakes.messages()[0];
  }
}

}  // namespace
}  // namespace cohort
