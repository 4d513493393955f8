// Attacks that are made of the honest updates, as weights over them.

#include "algorithms/attacks/alie.hpp"
#include "algorithms/attacks/ipm.hpp"
#include "algorithms/attacks/mimic.hpp"
#include "algorithms/attacks/min_max.hpp"
#include "algorithms/attacks/min_sum.hpp"
#include "algorithms/attacks/optimal_alie.hpp"
#include "algorithms/attacks/optimal_ipm.hpp"
#include "tests/algorithms/aggregation_rows.hpp"

namespace cohort {
namespace {

Vec mean(const Mat& x) { return x.colwise().mean().transpose(); }
Vec deviation(const Mat& x) {
  const Mat centred = x.rowwise() - x.colwise().mean();
  return (centred.colwise().squaredNorm() / static_cast<double>(x.rows() - 1))
      .cwiseSqrt()
      .transpose();
}

/// The row that an attack makes of x, of which `byzantine` copies are sent.
template <class T>
Vec crafted(typename T::Options options, const Mat& x, std::size_t byzantine,
            std::function<Result<double>(const Vec&)> damage = {}) {
  const AttackOf<T> attack(options);
  Mat points = x;
  if (attack.direction() != Direction::none) {
    points.conservativeResize(x.rows() + 1, x.cols());
    points.row(x.rows()) = attack.direction() == Direction::sign
                               ? Mat(mean(x).array().sign().matrix().transpose())
                               : Mat(deviation(x).transpose());
  }
  const Distances honest = rows::measured(points, points.rows() - x.rows());
  const Vec a = *attack.collude({honest, byzantine, Stream(1, Purpose::attack), damage});
  EXPECT_NEAR(a.sum(), 1.0, 1e-12);
  Mat map(1, a.size());
  map.row(0) = a.transpose();
  return rows::mapped(map, points).row(0).transpose();
}

const Mat honest = rows::normal(8, 5, 1);

TEST(Ipm, SendsTheNegatedMean) {
  EXPECT_LT((crafted<Ipm>({1.5}, honest, 2) + 1.5 * mean(honest)).norm(), 1e-14);
}

TEST(Alie, SendsTheMeanLessDeviations) {
  const Vec row = crafted<Alie>({0.7}, honest, 2);
  EXPECT_LT((row - mean(honest) + 0.7 * deviation(honest)).norm(), 1e-14);
}

// n = 50, b = 24 in the paper: s = 26 − 24 = 2 of 26 honest, Φ⁻¹(24/26) = 1.426 (SciPy norm.ppf).
TEST(Alie, LargestZIsThatOfThePaper) {
  EXPECT_NEAR(Alie::largest_z(26, 24), 1.4260768722, 1e-9);
  EXPECT_EQ(Alie::largest_z(10, 0), 0.0);
  EXPECT_TRUE(std::isfinite(Alie::largest_z(2, 20)));
}

TEST(Mimic, CopiesTheFirstOrTheFarthestOut) {
  Mat x = rows::normal(6, 3, 2) * 0.1;
  x.row(4) += rows::vector({5, -5, 5}).transpose();
  EXPECT_EQ(crafted<Mimic>({Mimic::Whom::first}, x, 1), Vec(x.row(0).transpose()));
  EXPECT_EQ(crafted<Mimic>({Mimic::Whom::spread}, x, 1), Vec(x.row(4).transpose()));
}

TEST(MinMax, HidesAsFarOutAsTheHonestAreApart) {
  double most = 0;
  for (Index i = 0; i < 8; ++i) {
    for (Index j = 0; j < 8; ++j) most = std::max(most, rows::exact_distance(honest, i, j));
  }
  for (const auto direction :
       {HidingDirection::unit, HidingDirection::sign, HidingDirection::deviation}) {
    const Vec row = crafted<MinMax>({direction}, honest, 2);
    const double reach = (honest.rowwise() - row.transpose()).rowwise().squaredNorm().maxCoeff();
    EXPECT_LE(reach, most * (1 + 1e-9));
    EXPECT_GE(reach, most * (1 - 1e-3));  // λ to 1e-5
  }
}

TEST(MinSum, HidesAtTheLeastSumOfDistances) {
  double least = std::numeric_limits<double>::infinity();
  for (Index j = 0; j < 8; ++j) {
    double sum = 0;
    for (Index i = 0; i < 8; ++i) sum += rows::exact_distance(honest, i, j);
    least = std::min(least, sum);
  }
  for (const auto direction :
       {HidingDirection::unit, HidingDirection::sign, HidingDirection::deviation}) {
    const Vec row = crafted<MinSum>({direction}, honest, 2);
    const double reach = (honest.rowwise() - row.transpose()).rowwise().squaredNorm().sum();
    EXPECT_LE(reach, least * (1 + 1e-9));
    EXPECT_GE(reach, least * (1 - 1e-3));
  }
}

// A rule that follows up to t = 37 and sees through what is beyond.
Result<double> hurt_until_37(double t) { return t <= 37.0 ? 1.0 + t : 0.0; }

TEST(OptimalIpm, FindsTheFactorOfMostDamage) {
  // −t μ has weight (1 − (1 + t))/h on each row.
  const auto damage = [](const Vec& a) { return hurt_until_37(-8.0 * a[0]); };
  const Vec row = crafted<OptimalIpm>({60, 10.0}, honest, 2, damage);
  EXPECT_LT((row + 37.0 * mean(honest)).norm(), 0.1 * mean(honest).norm());
}

TEST(OptimalAlie, FindsTheFactorOfMostDamage) {
  const auto damage = [](const Vec& a) { return hurt_until_37(-a[8]); };
  const Vec row = crafted<OptimalAlie>({60, 10.0}, honest, 2, damage);
  EXPECT_LT((row - mean(honest) + 37.0 * deviation(honest)).norm(), 0.1 * deviation(honest).norm());
}

TEST(OptimalIpm, AsksTheRuleAsOftenAsItMay) {
  std::size_t asked = 0;
  const auto damage = [&asked](const Vec&) -> Result<double> {
    ++asked;
    return 0.0;
  };
  // No factor hurts: the mean itself stays.
  EXPECT_LT(crafted<OptimalIpm>({7, 10.0}, honest, 2, damage).norm(), 1e-12);
  EXPECT_EQ(asked, 7U);
}

}  // namespace
}  // namespace cohort
