#include "algorithms/compressors/sign.hpp"

#include "tests/algorithms/compressors/compressed.hpp"

namespace cohort {
namespace {

TEST(Sign, IsTheMeanMagnitudeWithSigns) {
  EXPECT_EQ(compressed::vec(compressed::made<Sign>(), compressed::of({1, -2, 0, 5})),
            compressed::of({2, -2, 2, 2}));
}

// ‖C(x) − x‖² = ‖x‖² − ‖x‖₁² / d
TEST(Sign, ErrorIsTheClosedForm) {
  const Vec x = compressed::normal(1000);
  const double error = (compressed::vec(compressed::made<Sign>(), x) - x).squaredNorm();
  const double l1 = x.lpNorm<1>();
  EXPECT_NEAR(error, x.squaredNorm() - l1 * l1 / 1000, 1e-10);  // rounding of sums of 1000 terms
}

}  // namespace
}  // namespace cohort
