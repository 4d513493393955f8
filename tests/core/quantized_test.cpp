#include "core/quantized.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <vector>

#include "core/payload.hpp"
#include "core/random.hpp"

namespace cohort {
namespace {

/// A block of `count` numbers whose code i is code(i), and whose scale of bucket j is j + 1.
Block made(const Quantization& q, std::uint64_t count,
           const std::function<std::uint32_t(std::uint64_t)>& code) {
  Block b = quantized_block("q", count, q);
  QuantizedWriter writer(q, count, {b.data.mutable_data(), b.data.size()});
  for (std::uint64_t j = 0; j < q.buckets(count); ++j) writer.set_scale(j, 1.0 + double(j));
  for (std::uint64_t first = 0; first < count; first += code_group) {
    CodeGroup codes;
    // What is past the end is not to be written.
    for (std::size_t i = 0; i < code_group; ++i) codes[i] = first + i < count ? code(first + i) : 1;
    writer.put(first / code_group, codes);
  }
  return b;
}

double expected(const Quantization& q, std::uint64_t i, std::uint32_t code) {
  const double scale = q.bucket == 0 ? 1.0 : 1.0 + double(i / q.bucket);
  const std::uint32_t top = 1U << (q.code_bits() - 1), level = code & (top - 1);
  const double sign = (code & top) != 0 ? -1.0 : 1.0;
  if (q.levels == Levels::sign) return sign * scale;
  if (q.levels == Levels::linear) return sign * (scale / q.steps * level);
  return level == 0 ? 0.0 : sign * scale * std::ldexp(1.0, 1 - static_cast<int>(level));
}

TEST(Quantized, EveryWidthComesBack) {
  std::vector<Quantization> kinds{{Levels::sign, 1, 0},
                                  {Levels::geometric, 127, 0},
                                  {Levels::geometric, 9, 64},
                                  {Levels::geometric, 1023, 0}};
  for (unsigned bits = 1; bits <= 16; ++bits) {
    kinds.push_back({Levels::linear, static_cast<std::uint16_t>((1U << bits) - 1), 128});
  }
  for (const Quantization& q : kinds) {
    for (const std::uint64_t count : {0U, 1U, 63U, 64U, 65U, 128U, 129U, 500U}) {
      const std::uint32_t top = 1U << (q.code_bits() - 1);
      const auto code = [&](std::uint64_t i) {
        const Stream stream(1, Purpose::test, i);
        const auto level = stream.bits_at(0) % (q.levels == Levels::sign ? 1U : q.steps + 1U);
        return static_cast<std::uint32_t>(level | (stream.bits_at(1) % 2 == 0 ? 0 : top));
      };
      const Block b = made(q, count, code);
      ASSERT_TRUE(b.validate()) << b.validate().error().message;
      EXPECT_EQ(b.encoded_size(), 16 + q.bytes(count));
      const Vec x = b.to_vec();
      ASSERT_EQ(static_cast<std::uint64_t>(x.size()), count);
      double total = 0;
      for (std::uint64_t i = 0; i < count; ++i) {
        EXPECT_EQ(x[static_cast<Index>(i)], expected(q, i, code(i))) << i << " of " << count;
        total += x[static_cast<Index>(i)] * x[static_cast<Index>(i)];
      }
      EXPECT_NEAR(b.squared_norm(), total, 1e-12 * total);  // another order
    }
  }
}

TEST(Quantized, SizeIsBitsOfTheCodesAndAScaleABucket) {
  // 8 bytes of header; 1 + ⌈log2(5 + 1)⌉ = 4 bits a code.
  EXPECT_EQ((Quantization{Levels::linear, 5, 0}).bytes(1000), 8U + 8U + 504U);
  EXPECT_EQ((Quantization{Levels::linear, 5, 64}).bytes(1000), 8U + 16U * 8U + 504U);
  EXPECT_EQ((Quantization{Levels::sign, 1, 0}).bytes(1000), 8U + 8U + 128U);
  EXPECT_EQ((Quantization{Levels::linear, 1, 0}).code_bits(), 2U);
  EXPECT_EQ((Quantization{Levels::geometric, 127, 0}).code_bits(), 8U);
}

TEST(Quantized, HalvesAreTheNumbersOfTheStandard) {
  // Of IEEE 754 binary16: 1, −2, 65504, 2^−14, 2^−24, infinity.
  const std::vector<std::uint32_t> codes{0x3c00, 0xc000, 0x7bff, 0x0400, 0x0001, 0x7c00};
  const Block b =
      made({Levels::half, 1, 0}, codes.size(), [&](std::uint64_t i) { return codes[i]; });
  const Vec x = b.to_vec();
  EXPECT_EQ(x[0], 1.0);
  EXPECT_EQ(x[1], -2.0);
  EXPECT_EQ(x[2], 65504.0);
  EXPECT_EQ(x[3], std::ldexp(1.0, -14));
  EXPECT_EQ(x[4], std::ldexp(1.0, -24));
  EXPECT_EQ(x[5], std::numeric_limits<double>::infinity());
  EXPECT_FALSE(std::isfinite(b.squared_norm()));
}

TEST(Quantized, AScaleThatIsNotFiniteIsSeen) {
  for (const double bad :
       {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    Block b = made({Levels::linear, 3, 0}, 10, [](std::uint64_t) { return 0U; });
    QuantizedWriter({Levels::linear, 3, 0}, 10, {b.data.mutable_data(), b.data.size()})
        .set_scale(0, bad);
    EXPECT_FALSE(std::isfinite(b.squared_norm())) << "though every level is 0";
  }
}

TEST(Quantized, HostileBytesAreRefused) {
  const Quantization q{Levels::linear, 5, 0};
  const Block good =
      made(q, 100, [](std::uint64_t i) { return static_cast<std::uint32_t>(i % 6); });
  const auto complaint = [&](const std::function<void(Block&)>& spoil) {
    Block b = good;
    spoil(b);
    const auto valid = b.validate();
    return valid ? std::string() : valid.error().message;
  };
  const auto with_header = [&](std::uint8_t levels, std::uint8_t zero, std::uint16_t steps,
                               std::uint32_t bucket) {
    return complaint([=](Block& b) {
      std::byte* out = b.data.mutable_data();
      std::memcpy(out, &levels, 1);
      std::memcpy(out + 1, &zero, 1);
      std::memcpy(out + 2, &steps, 2);
      std::memcpy(out + 4, &bucket, 4);
    });
  };
  EXPECT_EQ(with_header(1, 0, 5, 0), "");
  EXPECT_NE(with_header(9, 0, 5, 0), "") << "levels that do not exist";
  EXPECT_NE(with_header(1, 1, 5, 0), "");
  EXPECT_NE(with_header(1, 0, 0, 0), "") << "no steps, by which is divided";
  EXPECT_NE(with_header(1, 0, 5, 7), "") << "a bucket that is no multiple of 64";
  EXPECT_NE(with_header(1, 0, 5, 64), "") << "two scales where there is one";
  EXPECT_NE(with_header(1, 0, 4, 0), "") << "level 5 of 4";
  EXPECT_NE(with_header(2, 0, 1024, 0), "");
  EXPECT_NE(complaint([](Block& b) { b.data.resize(4); }), "");
  EXPECT_NE(complaint([](Block& b) { b.data.resize(b.data.size() + 8); }), "");
  EXPECT_NE(complaint([](Block& b) { b.count = 99; }), "");
  EXPECT_NE(complaint([](Block& b) { b.element = Element::f64; }), "");
  EXPECT_NE(complaint([](Block& b) { b.form = Form::dense; }), "");
  // Sizes that wrap, and that would be allocated.
  for (const std::uint64_t huge :
       {~std::uint64_t{0}, std::uint64_t{1} << 61, std::uint64_t{1} << 40}) {
    EXPECT_NE(complaint([=](Block& b) { b.count = b.length = huge; }), "") << huge;
  }
}

}  // namespace
}  // namespace cohort
