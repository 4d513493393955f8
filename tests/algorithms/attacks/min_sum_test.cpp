#include "algorithms/attacks/min_sum.hpp"

#include <limits>
#include <numbers>

#include "tests/algorithms/attacks/crafted.hpp"

namespace cohort {
namespace {

// Bisection ends with λ at most 2e-5 below the largest.
constexpr double lambda_accuracy = 2e-5;

// μ = (3, 0), σ = (0, √2); the sum from either row is 0 + 2² = 4.
TEST(MinSum, HidesTwoRowsAtTheirSumOfSquares) {
  const Mat honest = rows::matrix({{3, 1}, {3, -1}});
  const auto sent = [&](HidingDirection p) { return rows::crafted<MinSum>({p}, honest, 1); };
  // From (3 − λ, 0) it is 2 (λ² + 1): λ = 1.
  EXPECT_LT((sent(HidingDirection::unit) - rows::vector({2, 0})).norm(), lambda_accuracy);
  EXPECT_LT((sent(HidingDirection::sign) - rows::vector({2, 0})).norm(), lambda_accuracy);
  // From (3, −s) it is (1 + s)² + (1 − s)² = 2 + 2 s²: s = √2 λ = 1.
  EXPECT_LT((sent(HidingDirection::deviation) - rows::vector({3, -1})).norm(),
            std::numbers::sqrt2 * lambda_accuracy);
}

TEST(MinSum, StaysWithinTheLeastSumAndCouldNotGoFurther) {
  const Mat honest = rows::normal(8, 5, 1);
  double least = std::numeric_limits<double>::infinity();
  for (Index j = 0; j < 8; ++j) {
    double sum = 0;
    for (Index i = 0; i < 8; ++i) sum += rows::exact_distance(honest, i, j);
    least = std::min(least, sum);
  }
  const auto reach = [&](const Vec& row) {
    return (honest.rowwise() - row.transpose()).rowwise().squaredNorm().sum();
  };
  for (const auto direction :
       {HidingDirection::unit, HidingDirection::sign, HidingDirection::deviation}) {
    const Vec row = rows::crafted<MinSum>({direction}, honest, 2);
    EXPECT_LE(reach(row), least * (1 + 1e-12));  // distances by two formulas
    // No p here is longer than 3.
    const Vec further = 3 * lambda_accuracy * (row - rows::mean(honest)).normalized();
    EXPECT_GT(reach(row + further), least);
  }
}

// Σ_i ‖m − x_i‖² ≤ min_j Σ_i ‖x_j − x_i‖² puts m no farther from μ than the row nearest to μ.
TEST(MinSum, IsAsFarFromTheMeanAsTheNearestRow) {
  const Mat honest = rows::normal(8, 5, 2);
  const double nearest =
      (honest.rowwise() - rows::mean(honest).transpose()).rowwise().norm().minCoeff();
  const Vec row = rows::crafted<MinSum>({HidingDirection::unit}, honest, 2);
  EXPECT_NEAR((row - rows::mean(honest)).norm(), nearest, lambda_accuracy);
}

}  // namespace
}  // namespace cohort
