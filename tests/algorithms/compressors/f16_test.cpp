#include "algorithms/compressors/f16.hpp"

#include "tests/algorithms/compressors/compressed.hpp"

namespace cohort {
namespace {

// Eleven significant bits: 1 + 2^−11 lies half way, 1 + 2^−10 is one of them.
TEST(F16, HasElevenSignificantBits) {
  const Vec x = compressed::of({1 + 0x1p-11, 1 + 0x1p-10, -(1 + 3 * 0x1p-11), 0.5});
  EXPECT_EQ(compressed::vec(compressed::made<F16>(), x),
            compressed::of({1, 1 + 0x1p-10, -(1 + 0x1p-9), 0.5}));
}

// Plain binary16 would overflow at 65504 and lose what is below 2^−24.
TEST(F16, HasNoRangeToLeave) {
  for (const double scale : {0x1p-1000, 0x1p-300, 1.0, 0x1p300, 0x1p1000}) {
    const Vec x = scale * compressed::of({1, -0.75, 0x1p-20, 0});
    EXPECT_EQ(compressed::vec(compressed::made<F16>(), x), x) << scale;
  }
}

}  // namespace
}  // namespace cohort
