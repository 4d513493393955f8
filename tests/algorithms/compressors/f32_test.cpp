#include "algorithms/compressors/f32.hpp"

#include "tests/algorithms/compressors/compressed.hpp"

namespace cohort {
namespace {

TEST(F32, IsTheNearestFloat) {
  const Vec x = compressed::vec(compressed::made<F32>(), compressed::of({0.1, -1e-30, 3}));
  EXPECT_EQ(x, compressed::of({double(0.1F), double(-1e-30F), 3}));
}

}  // namespace
}  // namespace cohort
