#include "core/bytes.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace cohort {
namespace {

std::byte value_at(const Bytes& b, std::size_t i) { return b.data()[i]; }

TEST(Bytes, StorageIsAlignedAndZero) {
  for (const std::size_t size : {1U, 63U, 64U, 65U, 4096U}) {
    const Bytes b(size);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(b.data()) % Bytes::alignment, 0U);
    for (std::size_t i = 0; i < size; ++i) ASSERT_EQ(value_at(b, i), std::byte{0});
  }
  EXPECT_TRUE(Bytes().empty());
  EXPECT_EQ(Bytes(0).size(), 0U);
}

TEST(Bytes, CopiesShareUntilOneIsWritten) {
  Bytes a(100);
  Bytes b = a;
  EXPECT_EQ(a.data(), b.data());
  b.mutable_data()[7] = std::byte{1};
  EXPECT_NE(a.data(), b.data());
  EXPECT_EQ(value_at(a, 7), std::byte{0});
  EXPECT_EQ(value_at(b, 7), std::byte{1});
  // Unshared now: written in place.
  const std::byte* before = b.data();
  EXPECT_EQ(b.mutable_data(), before);
}

TEST(Bytes, ShrinkingAndGrowingKeepsWhatIsThereAndZeroesTheRest) {
  Bytes b(64);
  for (std::size_t i = 0; i < 64; ++i) b.mutable_data()[i] = std::byte{0xff};
  b.resize(10);
  b.resize(64);
  EXPECT_EQ(value_at(b, 9), std::byte{0xff});
  for (std::size_t i = 10; i < 64; ++i) ASSERT_EQ(value_at(b, i), std::byte{0}) << i;
  b.resize(1000);
  EXPECT_EQ(value_at(b, 9), std::byte{0xff});
  for (std::size_t i = 10; i < 1000; ++i) ASSERT_EQ(value_at(b, i), std::byte{0}) << i;
}

TEST(Bytes, ResizingACopyLeavesTheOriginal) {
  Bytes a(8);
  a.mutable_data()[7] = std::byte{5};
  Bytes b = a;
  b.resize(4);
  b.resize(8);
  EXPECT_EQ(value_at(a, 7), std::byte{5});
  EXPECT_EQ(value_at(b, 7), std::byte{0});
  Bytes c = a;
  c.resize(0);
  EXPECT_TRUE(c.empty());
  EXPECT_EQ(a.size(), 8U);
}

TEST(Bytes, EqualityIsOfContents) {
  Bytes a(8), b(8);
  EXPECT_EQ(a, b);
  b.mutable_data()[0] = std::byte{1};
  EXPECT_NE(a, b);
  EXPECT_NE(a, Bytes(9));
  EXPECT_EQ(Bytes(), Bytes(0));
}

TEST(Bytes, ElementsAreSeenThroughSpans) {
  Bytes b(16);
  b.as_mutable<double>()[1] = 2.5;
  EXPECT_EQ(b.as<double>().size(), 2U);
  EXPECT_EQ(b.as<double>()[1], 2.5);
  EXPECT_EQ(Bytes().as<double>().size(), 0U);
}

TEST(Bytes, AMovedFromBufferIsEmptyAndCanBeUsedAgain) {
  Bytes a(100);
  const Bytes b = std::move(a);
  EXPECT_EQ(b.size(), 100U);
  EXPECT_TRUE(a.empty());  // NOLINT(bugprone-use-after-move): that is what is tested
  a.resize(40);
  EXPECT_EQ(a.as<double>()[4], 0.0);
}

}  // namespace
}  // namespace cohort
