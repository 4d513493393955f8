#include "algorithms/compressors/block_top_k.hpp"

#include "tests/algorithms/compressors/compressed.hpp"

namespace cohort {
namespace {

TEST(BlockTopK, EveryBlockKeepsItsOwn) {
  BlockTopK::Options options;
  options.kept = {1, 0};
  options.block = 3;
  const Vec x = compressed::of({100, 90, 80, 1, -2, 1, 0.1});
  EXPECT_EQ(compressed::vec(compressed::made<BlockTopK>(options), x),
            compressed::of({100, 0, 0, 0, -2, 0, 0.1}));
}

TEST(BlockTopK, OneBlockIsTopK) {
  BlockTopK::Options options;
  options.kept = {0, 0.1};
  options.block = 1 << 20;
  const Vec x = compressed::normal(5000);
  const Block b = compressed::block(compressed::made<BlockTopK>(options), x);
  EXPECT_EQ(b.count, 500U);
  double least = 1e300;
  for (const std::uint32_t i : b.indices()) least = std::min(least, std::abs(x[i]));
  EXPECT_EQ((x.array().abs() >= least).count(), 500);
}

}  // namespace
}  // namespace cohort
