#include "algorithms/attacks/min_max.hpp"

#include <numbers>

#include "tests/algorithms/attacks/crafted.hpp"

namespace cohort {
namespace {

// Bisection ends with λ at most 2e-5 below the largest.
constexpr double lambda_accuracy = 2e-5;

// μ = (3, 0), σ = (0, √2); the honest are 2 apart.
TEST(MinMax, HidesTwoRowsAsFarOutAsTheyAreApart) {
  const Mat honest = rows::matrix({{3, 1}, {3, -1}});
  const auto sent = [&](HidingDirection p) { return rows::crafted<MinMax>({p}, honest, 1); };
  // (3 − λ, 0) is √(λ² + 1) from both: λ = √3.
  const Vec along_mean = rows::vector({3 - std::numbers::sqrt3, 0});
  EXPECT_LT((sent(HidingDirection::unit) - along_mean).norm(), lambda_accuracy);
  EXPECT_LT((sent(HidingDirection::sign) - along_mean).norm(), lambda_accuracy);
  // (3, −√2 λ) is 1 + √2 λ from the farther: √2 λ = 1.
  EXPECT_LT((sent(HidingDirection::deviation) - rows::vector({3, -1})).norm(),
            std::numbers::sqrt2 * lambda_accuracy);
}

TEST(MinMax, StaysWithinTheLargestDistanceAndCouldNotGoFurther) {
  const Mat honest = rows::normal(8, 5, 1);
  double most = 0;
  for (Index i = 0; i < 8; ++i) {
    for (Index j = 0; j < 8; ++j) most = std::max(most, rows::exact_distance(honest, i, j));
  }
  const auto reach = [&](const Vec& row) {
    return (honest.rowwise() - row.transpose()).rowwise().squaredNorm().maxCoeff();
  };
  for (const auto direction :
       {HidingDirection::unit, HidingDirection::sign, HidingDirection::deviation}) {
    const Vec row = rows::crafted<MinMax>({direction}, honest, 2);
    EXPECT_LE(reach(row), most * (1 + 1e-12));  // distances by two formulas
    // No p here is longer than 3.
    const Vec further = 3 * lambda_accuracy * (row - rows::mean(honest)).normalized();
    EXPECT_GT(reach(row + further), most);
  }
}

TEST(MinMax, SendsTheMeanWhereAllAreEqual) {
  const Mat equal = rows::matrix({{3, 4}, {3, 4}, {3, 4}});
  EXPECT_LT(
      (rows::crafted<MinMax>({HidingDirection::unit}, equal, 1) - rows::vector({3, 4})).norm(),
      lambda_accuracy);
}

}  // namespace
}  // namespace cohort
