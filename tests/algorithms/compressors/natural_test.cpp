#include "algorithms/compressors/natural.hpp"

#include "tests/algorithms/compressors/compressed.hpp"

namespace cohort {
namespace {

TEST(Natural, GivesOneOfThePowersAround) {
  const Vec x = compressed::of({3, -5, 0.7, 1, -8, 0});
  int up = 0;
  for (std::uint64_t trial = 0; trial < 400; ++trial) {
    const Vec c = compressed::vec(compressed::made<Natural>(), x, trial);
    EXPECT_TRUE(c[0] == 2 || c[0] == 4);
    EXPECT_TRUE(c[1] == -4 || c[1] == -8);
    EXPECT_TRUE(c[2] == 0.5 || c[2] == 1);
    EXPECT_EQ(c.tail(3), x.tail(3)) << "powers of two are kept";
    up += c[0] == 4;
  }
  EXPECT_NEAR(up, 200, 60);  // six standard deviations
}

// The variance of 4/3 · 2^e is the largest: 1/8 of its square.
TEST(Natural, ConstantIsAttained) {
  const Vec x = Vec::Constant(500, 4.0 / 3);
  EXPECT_NEAR(compressed::moments(compressed::made<Natural>(), x, 200).variance, 0.125, 0.002);
}

TEST(Natural, WhatIsFarBelowTheLargestVanishes) {
  const Vec x = compressed::of({1, 0x1p-120, 0x1p-130, 0x1p-1060});
  EXPECT_EQ(compressed::vec(compressed::made<Natural>(), x), compressed::of({1, 0x1p-120, 0, 0}));
}

}  // namespace
}  // namespace cohort
