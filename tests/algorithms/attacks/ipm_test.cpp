#include "algorithms/attacks/ipm.hpp"

#include "algorithms/rules/mean.hpp"
#include "tests/algorithms/attacks/crafted.hpp"

namespace cohort {
namespace {

// μ = (2, 2).
const Mat honest = rows::matrix({{1, 2}, {3, -4}, {2, 8}});

TEST(Ipm, SendsTheNegatedMeanScaled) {
  const Vec row = rows::crafted<Ipm>({1.5}, honest, 2);
  EXPECT_LT((row - rows::vector({-3, -3})).norm(), 1e-15 * 8);  // sums of three numbers up to 8
}

// h = 3 honest and b = 2: the mean of all is (h − τ b)/(h + b) μ, against μ from τ = h/b on.
TEST(Ipm, TurnsTheMeanAroundOnceItsScaleOutweighsTheHonest) {
  const auto mean_of_all = [](double scale) {
    return rows::poisoned(rows::rule<Mean>(), honest, rows::crafted<Ipm>({scale}, honest, 2), 2);
  };
  EXPECT_LT((mean_of_all(1.0) - rows::vector({0.4, 0.4})).norm(), 1e-14);
  EXPECT_LT(mean_of_all(1.5).norm(), 1e-14);
  EXPECT_LT((mean_of_all(2.0) - rows::vector({-0.4, -0.4})).norm(), 1e-14);
}

}  // namespace
}  // namespace cohort
