#include "algorithms/compressors/dithering.hpp"

#include "tests/algorithms/compressors/compressed.hpp"

namespace cohort {
namespace {

TEST(Dithering, LevelsOfTheNormAreHalved) {
  Dithering::Options options;
  options.levels = 3;  // 1, 1/2, 1/4, 0
  const auto dithering = compressed::made<Dithering>(options);
  const Vec x = compressed::of({0.1, -0.3, 0.6, std::sqrt(1 - 0.46)});
  Vec mean = Vec::Zero(4);
  for (std::uint64_t trial = 0; trial < 2000; ++trial) {
    const Vec c = compressed::vec(dithering, x, trial);
    EXPECT_TRUE(c[0] == 0 || std::abs(c[0] - 0.25) < 1e-12) << c[0];
    EXPECT_TRUE(std::abs(c[1] + 0.25) < 1e-12 || std::abs(c[1] + 0.5) < 1e-12) << c[1];
    EXPECT_TRUE(std::abs(c[2] - 0.5) < 1e-12 || std::abs(c[2] - 1) < 1e-12) << c[2];
    mean += c / 2000;
  }
  EXPECT_LT((mean - x).lpNorm<Eigen::Infinity>(), 6 * 0.25 / std::sqrt(2000));
}

}  // namespace
}  // namespace cohort
