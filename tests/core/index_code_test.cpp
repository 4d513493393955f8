#include "core/index_code.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/random.hpp"

namespace cohort {
namespace {

using Indices = std::vector<std::uint32_t>;

std::vector<std::uint64_t> encoded(const Indices& indices, std::uint64_t length) {
  std::vector<std::uint64_t> words(index_code_words(indices.size(), length), 0);
  encode_indices(indices, length, words);
  return words;
}

Indices drawn(std::uint64_t count, std::uint64_t length) {
  const Stream stream(1, Purpose::test, count, length % (std::uint64_t{1} << 40));
  const auto chosen = sample_without_replacement(stream, count, length);
  return {chosen.begin(), chosen.end()};
}

// By hand: n = 10, k = 3, l = ⌊log2(10/3)⌋ = 1. Low bits of 1, 4, 9: 1, 0, 1. High parts 0, 2, 4:
// 1 001 001. In all 3 + 3 + ⌊9/2⌋ = 10 bits.
TEST(IndexCode, IsTheOneWorkedByHand) {
  EXPECT_EQ(encoded({1, 4, 9}, 10), (std::vector<std::uint64_t>{0b1001001'101}));
}

TEST(IndexCode, ComesBack) {
  for (const std::uint64_t length : {1ULL, 2ULL, 63ULL, 64ULL, 65ULL, 1000ULL, 4097ULL}) {
    for (std::uint64_t count = 0; count <= length; count += 1 + count / 3) {
      const Indices indices = drawn(count, length);
      EXPECT_EQ(decode_indices(encoded(indices, length), count, length), indices)
          << count << " of " << length;
    }
    const Indices all = drawn(length, length);
    EXPECT_EQ(decode_indices(encoded(all, length), length, length), all);
  }
}

TEST(IndexCode, ComesBackFromTheEndsOfTheRange) {
  const std::uint64_t length = std::uint64_t{1} << 32;
  for (const Indices& indices : {Indices{0}, Indices{0xffffffffU}, Indices{0, 0xffffffffU},
                                 Indices{0xfffffffdU, 0xfffffffeU, 0xffffffffU}}) {
    EXPECT_EQ(decode_indices(encoded(indices, length), indices.size(), length), indices);
  }
}

TEST(IndexCode, IsWithinTwoBitsAnIndexOfTheLeastPossible) {
  const auto log2_choose = [](double n, double k) {
    return (std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1)) / std::log(2.0);
  };
  for (const std::uint64_t count : {100U, 999U, 10000U, 31415U}) {
    const double bits = 64.0 * static_cast<double>(index_code_words(count, 1000000));
    const auto k = static_cast<double>(count);
    EXPECT_LE(bits, log2_choose(1e6, k) + 2 * k + 64) << count;
    EXPECT_LT(bits, 20 * k) << "⌈log2 n⌉ bits an index";
  }
}

// Every word of bits is a code of something or refused; what is accepted ascends, in range, and is
// encoded to the same bits (but for those behind the last, which nothing reads).
TEST(IndexCode, HostileWordsAreRefusedOrAscend) {
  std::size_t accepted = 0;
  for (std::uint64_t trial = 0; trial < 4000; ++trial) {
    Stream stream(2, Purpose::test, trial);
    const std::uint64_t length = 1 + stream.below(200), count = 1 + stream.below(length);
    std::vector<std::uint64_t> words(index_code_words(count, length));
    if (trial % 2 == 0) {
      stream.fill_bits(words, 8);
    } else {
      encode_indices(drawn(count, length), length, words);
      words[stream.below(words.size())] ^= std::uint64_t{1} << stream.below(64);
    }
    const auto indices = decode_indices(words, count, length);
    if (!indices) continue;
    ++accepted;
    ASSERT_EQ(indices->size(), count);
    EXPECT_LT(indices->back(), length);
    EXPECT_EQ(std::adjacent_find(indices->begin(), indices->end(), std::greater_equal<>()),
              indices->end());
  }
  EXPECT_GT(accepted, 0U);
  EXPECT_FALSE(decode_indices(std::vector<std::uint64_t>(5), 3, 10)) << "too many words";
  EXPECT_FALSE(decode_indices(std::vector<std::uint64_t>{}, 3, 10)) << "too few";
}

}  // namespace
}  // namespace cohort
