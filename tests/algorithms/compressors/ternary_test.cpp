#include "algorithms/compressors/ternary.hpp"

#include "tests/algorithms/compressors/compressed.hpp"

namespace cohort {
namespace {

TEST(Ternary, GivesZeroOrTheLargest) {
  const Vec x = compressed::of({0.5, -2, 1, 0});
  for (std::uint64_t trial = 0; trial < 50; ++trial) {
    const Vec c = compressed::vec(compressed::made<Ternary>(), x, trial);
    EXPECT_TRUE(c[0] == 0 || c[0] == 2);
    EXPECT_EQ(c[1], -2);
    EXPECT_TRUE(c[2] == 0 || c[2] == 2);
    EXPECT_EQ(c[3], 0);
  }
}

// One coordinate of 1 and d − 1 of 1/(√d + 1).
TEST(Ternary, ConstantIsAttained) {
  constexpr Index d = 400;
  Vec x = Vec::Constant(d, 1.0 / 21);
  x[0] = 1;
  const auto ternary = compressed::made<Ternary>();
  EXPECT_DOUBLE_EQ(*ternary.omega(d), 9.5);
  EXPECT_NEAR(compressed::moments(ternary, x, 500).variance, 9.5, 0.5);
}

}  // namespace
}  // namespace cohort
