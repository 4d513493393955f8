#include "algorithms/compressors/top_k.hpp"

#include "tests/algorithms/compressors/compressed.hpp"

namespace cohort {
namespace {

TopK::Options kept(std::uint64_t count) {
  TopK::Options options;
  options.kept = {count, 0};
  return options;
}

TEST(TopK, KeepsTheLargestAndOfEqualOnesTheFirst) {
  const auto top = compressed::made<TopK>(kept(3));
  EXPECT_EQ(compressed::vec(top, compressed::of({1, -7, 2, 2, 0, -2})),
            compressed::of({0, -7, 2, 2, 0, 0}));
}

TEST(TopK, ConstantIsAttainedByEqualNumbers) {
  const auto top = compressed::made<TopK>(kept(25));
  const Vec x = Vec::Ones(100);
  EXPECT_DOUBLE_EQ((compressed::vec(top, x) - x).squaredNorm(), (1 - *top.delta(100)) * 100);
}

TEST(TopK, AShareIsRoundedUp) {
  TopK::Options options;
  options.kept = {0, 0.015};
  EXPECT_EQ(compressed::block(compressed::made<TopK>(options), compressed::normal(100)).count, 2U);
  EXPECT_EQ(compressed::block(compressed::made<TopK>(options), compressed::normal(1)).count, 1U);
}

TEST(TopK, IndicesTakeAFewBits) {
  const Block b = compressed::block(compressed::made<TopK>(kept(1000)), compressed::normal(100000));
  const std::uint64_t index_bits = 8 * (b.data.size() - 8000);
  EXPECT_LE(index_bits, 1000U * 9U);  // log2(d/k) = 6.6; ⌈log2 d⌉ = 17
}

}  // namespace
}  // namespace cohort
