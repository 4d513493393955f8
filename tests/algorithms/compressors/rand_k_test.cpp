#include "algorithms/compressors/rand_k.hpp"

#include "tests/algorithms/compressors/compressed.hpp"

namespace cohort {
namespace {

TEST(RandK, KeepsRandomCoordinatesScaled) {
  RandK::Options options;
  options.kept = {10, 0};
  const auto rand = compressed::made<RandK>(options);
  const Vec x = compressed::normal(100);
  std::vector<int> kept(100, 0);
  for (std::uint64_t trial = 0; trial < 1000; ++trial) {
    const Block b = compressed::block(rand, x, trial);
    const Vec c = b.to_vec();
    ASSERT_EQ(b.count, 10U);
    for (const std::uint32_t i : b.indices()) {
      EXPECT_EQ(c[i], 10 * x[i]);
      ++kept[i];
    }
  }
  for (const int times : kept) EXPECT_NEAR(times, 100, 57);  // six standard deviations
}

TEST(RandK, SendsASeedForTheIndices) {
  RandK::Options options;
  options.kept = {1000, 0};
  const Block b = compressed::block(compressed::made<RandK>(options), compressed::normal(100000));
  EXPECT_EQ(b.data.size(), 8U * 1000U + 8U);
}

// ‖C(x) − x‖² is (d/k − 1) ‖x‖² in the mean for every x, so the constant is attained.
TEST(RandK, ConstantIsAttained) {
  RandK::Options options;
  options.kept = {0, 0.25};
  const auto rand = compressed::made<RandK>(options);
  EXPECT_DOUBLE_EQ(*rand.omega(400), 3);
  EXPECT_NEAR(compressed::moments(rand, compressed::normal(400), 2000).variance, 3, 0.05);
}

TEST(RandK, RoundedValuesAreNotUnbiased) {
  RandK::Options options;
  options.values = Values::f32;
  EXPECT_FALSE(compressed::made<RandK>(options).omega(100));
  options.scale = RandKScale::none;
  EXPECT_TRUE(compressed::made<RandK>(options).delta(100));
}

}  // namespace
}  // namespace cohort
