#include "algorithms/attacks/alie.hpp"

#include <cmath>
#include <numbers>

#include "tests/algorithms/attacks/crafted.hpp"

namespace cohort {
namespace {

// μ = (3, 4); σ² = ((−2)² + 0² + 2²)/2 = 4 and 16, so σ = (2, 4).
const Mat honest = rows::matrix({{1, 0}, {3, 4}, {5, 8}});

TEST(Alie, SendsTheMeanLessDeviations) {
  const Vec row = rows::crafted<Alie>({0.5}, honest, 2);
  EXPECT_LT((row - rows::vector({2, 2})).norm(), 1e-14);
}

// n = 5, b = 2: s = 3 − 2 = 1 honest to win, z = Φ⁻¹((3 − 1)/3) = 0.4307272993 (a table's 0.43).
TEST(Alie, GoesAsFarAsStillPassesIfNoZIsGiven) {
  const Vec row = rows::crafted<Alie>({}, honest, 2);
  EXPECT_LT((row - rows::vector({3 - 2 * 0.4307272993, 4 - 4 * 0.4307272993})).norm(), 1e-9);
}

// Φ by the error function of the C library.
TEST(Alie, LargestZLeavesAsManyHonestBeyondAsMustBeWon) {
  const auto passed = [](std::size_t h, std::size_t b) {
    return 0.5 * std::erfc(-Alie::largest_z(h, b) / std::numbers::sqrt2);
  };
  EXPECT_NEAR(passed(26, 24), 24.0 / 26, 1e-14);  // the paper's 50 clients: s = 26 − 24 = 2
  EXPECT_NEAR(passed(5, 2), 3.0 / 5, 1e-14);      // s = 4 − 2
  EXPECT_NEAR(passed(11, 8), 9.0 / 11, 1e-14);    // s = 10 − 8
}

TEST(Alie, LargestZIsZeroAtHalfAndFiniteWithoutAnHonestMajority) {
  EXPECT_EQ(Alie::largest_z(10, 0), 0.0);
  EXPECT_EQ(Alie::largest_z(3, 1), 0.0);  // s = 3 − 1 = 2 of 3 honest: less than half may pass
  EXPECT_EQ(Alie::largest_z(2, 20), Alie::largest_z(2, 3));
  EXPECT_TRUE(std::isfinite(Alie::largest_z(2, 20)));
}

}  // namespace
}  // namespace cohort
