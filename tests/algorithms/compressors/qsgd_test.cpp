#include "algorithms/compressors/qsgd.hpp"

#include "tests/algorithms/compressors/compressed.hpp"

namespace cohort {
namespace {

TEST(Qsgd, GivesLevelsOfTheNorm) {
  Qsgd::Options options;
  options.levels = 5;
  const auto qsgd = compressed::made<Qsgd>(options);
  const Vec x = compressed::of({3, -4, 0, 0});  // of norm 5: in levels 3, 4, 0, 0
  EXPECT_EQ(compressed::vec(qsgd, x), x);
  const Vec y = compressed::of({5 * 0.25, -5 * std::sqrt(1 - 0.0625)});
  int up = 0;
  for (std::uint64_t trial = 0; trial < 400; ++trial) {
    const Vec c = compressed::vec(qsgd, y, trial);
    EXPECT_TRUE(std::abs(c[0] - 1) < 1e-12 || std::abs(c[0] - 2) < 1e-12) << c[0];
    up += c[0] > 1.5;
  }
  EXPECT_NEAR(up, 100, 52);  // 1.25 of 5 levels; six standard deviations
}

TEST(Qsgd, EveryBucketHasItsNorm) {
  Qsgd::Options options;
  options.levels = 1;
  options.bucket = {64};
  Vec x = Vec::Zero(192);
  x[3] = 1e-6;
  x[70] = -1;
  x[130] = 1e6;
  EXPECT_EQ(compressed::vec(compressed::made<Qsgd>(options), x), x);
}

}  // namespace
}  // namespace cohort
