#include "algorithms/transforms/sign.hpp"

#include "tests/algorithms/stages.hpp"

namespace cohort {
namespace {

TEST(SignTransform, KeepsSignsZerosAndNaN) {
  const TransformOf<SignTransform> sign(SignTransform::Options{});
  State state;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Vec g = (Vec(5) << 3e300, -1e-300, 0.0, nan, -7).finished();
  const Vec out = stages::transformed(sign, state, Vec::Zero(5), g);
  EXPECT_EQ(out[0], 1);
  EXPECT_EQ(out[1], -1);
  EXPECT_EQ(out[2], 0);
  EXPECT_TRUE(std::isnan(out[3]));
  EXPECT_EQ(out[4], -1);
}

}  // namespace
}  // namespace cohort
