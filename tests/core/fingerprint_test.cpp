#include "core/fingerprint.hpp"

#include <Eigen/Core>

#include "core/cpu.hpp"

namespace cohort {
namespace {

TEST(Fingerprint, IsTheSameForBothInstructionSetsAndEveryTime) {
  ASSERT_TRUE(pin_numerics());
  set_isa(Isa::avx2);
  const std::string expected = numerics_fingerprint();
  EXPECT_EQ(expected.size(), 16U);
  EXPECT_EQ(expected.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_EQ(numerics_fingerprint(), expected);
  if (supports(Isa::avx512)) {
    set_isa(Isa::avx512);
    EXPECT_EQ(numerics_fingerprint(), expected);
  }
}

TEST(Fingerprint, ShowsAnotherBlockingOfProducts) {
  ASSERT_TRUE(pin_numerics());
  const std::string expected = numerics_fingerprint();
  Eigen::setCpuCacheSizes(8 * 1024, 512 * 1024, 8 * 1024 * 1024);
  EXPECT_NE(numerics_fingerprint(), expected);
  ASSERT_TRUE(pin_numerics());
  EXPECT_EQ(numerics_fingerprint(), expected);
}

}  // namespace
}  // namespace cohort
