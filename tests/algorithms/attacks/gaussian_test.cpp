#include "algorithms/attacks/gaussian.hpp"

#include "tests/algorithms/aggregation_rows.hpp"

namespace cohort {
namespace {

Vec sent(double sigma, std::uint64_t seed, const Vec& honest) {
  Vec block = honest;
  AttackOf<Gaussian>({sigma}).craft(Stream(seed, Purpose::attack), block);
  return block;
}

TEST(Gaussian, HasTheStatedDeviationAndNoMean) {
  constexpr Index d = 20000;
  const Vec noise = sent(3.0, 1, Vec::Zero(d));
  // Four standard errors: 3/√d of the mean, 3/√(2d) of the deviation.
  EXPECT_LT(std::abs(noise.mean()), 4 * 3.0 / std::sqrt(d));
  EXPECT_NEAR(noise.norm() / std::sqrt(d), 3.0, 4 * 3.0 / std::sqrt(2.0 * d));
}

TEST(Gaussian, DependsOnItsStreamAndNotOnTheUpdate) {
  EXPECT_EQ(sent(1.0, 1, Vec::Zero(50)), sent(1.0, 1, Vec::Ones(50)));
  EXPECT_NE(sent(1.0, 1, Vec::Zero(50)), sent(1.0, 2, Vec::Zero(50)));
}

}  // namespace
}  // namespace cohort
