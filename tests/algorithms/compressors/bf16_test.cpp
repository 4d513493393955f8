#include "algorithms/compressors/bf16.hpp"

#include "tests/algorithms/compressors/compressed.hpp"

namespace cohort {
namespace {

// Eight significant bits: between 1 and 2 in steps of 1/128, ties to even.
TEST(Bf16, HasEightSignificantBits) {
  const Vec x =
      compressed::vec(compressed::made<Bf16>(),
                      compressed::of({1 + 0.6 / 128, 1 + 0.5 / 128, 1 + 1.5 / 128, -1e30}));
  EXPECT_EQ(x[0], 1 + 1.0 / 128);
  EXPECT_EQ(x[1], 1.0);
  EXPECT_EQ(x[2], 1 + 2.0 / 128);
  EXPECT_NEAR(x[3], -1e30, 1e30 / 256);
}

}  // namespace
}  // namespace cohort
