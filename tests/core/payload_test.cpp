#include "core/payload.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/archive.hpp"

namespace cohort {
namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

const std::vector<double> values{1.0, -2.5, 3.25};
const std::vector<std::uint32_t> ascending{1, 4, 9};

std::vector<double> to_std(const Vec& v) { return {v.begin(), v.end()}; }

TEST(Payload, DenseBlockHoldsItsElements) {
  const Block b = dense_block("g", values);
  EXPECT_EQ(b.length, 3U);
  EXPECT_EQ(b.count, 3U);
  EXPECT_EQ(b.encoded_size(), 24U + 16U);
  EXPECT_TRUE(b.validate());
  EXPECT_EQ(to_std(b.to_vec()), values);
  EXPECT_EQ(std::vector<double>(b.doubles().begin(), b.doubles().end()), values);
}

TEST(Payload, SparseBlockIsItsValuesAtItsIndices) {
  for (const Element element : {Element::f64, Element::f32, Element::bf16}) {
    const Block b = sparse_block("s", 10, ascending, values, element);
    ASSERT_TRUE(b.validate()) << b.validate().error().message;
    std::vector<double> expected(10, 0.0);
    expected[1] = 1.0;
    expected[4] = -2.5;
    expected[9] = 3.25;
    EXPECT_EQ(to_std(b.to_vec()), expected) << to_string(element);
    EXPECT_EQ(b.indices(), ascending) << to_string(element);
  }
}

TEST(Payload, PackedIndexCountsTheUpperTriangleByRows) {
  constexpr std::size_t side = 5;
  std::size_t next = 0;
  for (std::size_t i = 0; i < side; ++i) {
    for (std::size_t j = i; j < side; ++j) EXPECT_EQ(packed_index(i, j, side), next++);
  }
  EXPECT_EQ(coordinates(Form::packed_symmetric, side), next);
  EXPECT_EQ(coordinates(Form::sparse_symmetric, side), next);
  EXPECT_EQ(coordinates(Form::dense, side), side);
}

TEST(Payload, AddToAddsAMultiple) {
  std::vector<double> out{10, 10, 10};
  dense_block("g", values).add_to(2, out);
  EXPECT_EQ(out, (std::vector<double>{12, 5, 16.5}));
}

TEST(Payload, SinglePrecisionIsRoundedWhenTheBlockIsFormed) {
  const std::vector<double> x{0.1};
  EXPECT_EQ(dense_block("g", x, Element::f32).to_vec()[0], static_cast<double>(0.1F));
}

TEST(Payload, Bf16RoundsToNearestEvenAndKeepsSpecialValues) {
  const auto rounded = [](double x) {
    std::vector<double> out(1);
    dense_block("g", std::vector<double>{x}, Element::bf16).copy_elements(out);
    return out[0];
  };
  // bf16 has 8 significant bits: between 1 and 2 it steps by 2^-7.
  const double step = std::ldexp(1.0, -7);
  EXPECT_EQ(rounded(1 + step), 1 + step);
  EXPECT_EQ(rounded(1 + 0.5 * step), 1.0);
  EXPECT_EQ(rounded(1 + 1.5 * step), 1 + 2 * step);
  EXPECT_EQ(rounded(1 + 0.5001 * step), 1 + step);
  EXPECT_EQ(rounded(-1 - 0.4999 * step), -1.0);
  EXPECT_EQ(rounded(inf), inf);
  EXPECT_EQ(rounded(-inf), -inf);
  EXPECT_TRUE(std::isnan(rounded(nan)));
  EXPECT_EQ(rounded(std::numeric_limits<float>::max()), inf);
  EXPECT_TRUE(std::signbit(rounded(-0.0)));
}

TEST(Payload, SquaredNormIsExactForSmallIntegersAndNotFiniteWithAnElement) {
  const std::vector<double> x{3, -4, 12};
  for (const Element element : {Element::f64, Element::f32, Element::bf16}) {
    EXPECT_EQ(dense_block("g", x, element).squared_norm(), 169);
    EXPECT_EQ(sparse_block("s", 10, ascending, x, element).squared_norm(), 169);
    for (std::size_t i = 0; i < x.size(); ++i) {
      for (const double bad : {nan, inf, -inf}) {
        auto spoiled = x;
        spoiled[i] = bad;
        EXPECT_FALSE(std::isfinite(dense_block("g", spoiled, element).squared_norm())) << i;
      }
    }
  }
  EXPECT_FALSE(std::isfinite(dense_block("g", std::vector<double>{1e200}).squared_norm()));
  EXPECT_EQ(seed_block("z", ~std::uint64_t{0}).squared_norm(), 0);
  EXPECT_EQ(dense_block("empty", {}).squared_norm(), 0);
}

TEST(Payload, ElementsAreCopiedAsStored) {
  for (const Element element : {Element::f64, Element::f32, Element::bf16}) {
    std::vector<double> out(3);
    sparse_block("s", 10, ascending, values, element).copy_elements(out);
    EXPECT_EQ(out, values);
  }
}

TEST(Payload, EmptyBlocksAreValid) {
  EXPECT_TRUE(dense_block("g", {}).validate());
  EXPECT_TRUE(sparse_block("g", 10, {}, {}).validate());
  EXPECT_TRUE(sparse_block("g", 10, {}, {}).to_vec().isZero());
  EXPECT_TRUE(scalars_block("a", {}).validate());
  EXPECT_TRUE(seed_block("z", 3).validate());
}

// What validate() says of a block after `spoil` has changed it.
template <class Spoil>
std::string complaint(Block b, Spoil spoil) {
  EXPECT_TRUE(b.validate());
  spoil(b);
  const auto valid = b.validate();
  return valid ? "valid" : valid.error().message;
}

TEST(Payload, DisagreeingSizesAreRefused) {
  const Block dense = dense_block("g", values);
  EXPECT_EQ(complaint(dense, [](Block& b) { b.data.resize(16); }),
            "block 'g' (dense): expected 24 bytes, found 16");
  EXPECT_EQ(complaint(dense, [](Block& b) { b.length = 4; }),
            "block 'g' (dense): expected 4 elements, found 3");
  EXPECT_EQ(complaint(dense, [](Block& b) { b.element = Element::f32; }),
            "block 'g' (dense): expected 12 bytes, found 24");
  EXPECT_NE(complaint(dense, [](Block& b) { b.form = static_cast<Form>(77); }), "valid");
  EXPECT_NE(complaint(dense, [](Block& b) { b.element = static_cast<Element>(77); }), "valid");
  EXPECT_NE(complaint(dense, [](Block& b) { b.element = Element::u64; }), "valid");
  EXPECT_NE(complaint(seed_block("z", 1), [](Block& b) { b.form = Form::dense; }), "valid");
  // 2^61 elements of 8 bytes wrap to 0 bytes.
  EXPECT_NE(complaint(dense_block("g", {}),
                      [](Block& b) { b.length = b.count = std::uint64_t{1} << 61; }),
            "valid");
  // A side of 2^33 would wrap the number of coordinates.
  EXPECT_NE(complaint(sparse_symmetric_block("h", 5, ascending, values),
                      [](Block& b) { b.length = std::uint64_t{1} << 33; }),
            "valid");
}

TEST(Payload, SparseIndicesMustAscendInRange) {
  const auto spoiled = [](std::vector<std::uint32_t> indices) {
    return static_cast<bool>(sparse_block("s", 10, indices, values).validate());
  };
  EXPECT_TRUE(spoiled({0, 1, 9}));
  EXPECT_FALSE(spoiled({0, 1, 10}));
  EXPECT_FALSE(spoiled({0, 2, 1}));
  EXPECT_FALSE(spoiled({0, 0, 1}));
}

TEST(Payload, SparseFormsHoldTheSameNumbers) {
  const auto seeded = seeded_indices(7, 3, 10);
  for (const Element element : {Element::f64, Element::f32, Element::bf16}) {
    const Block plain = sparse_block("s", 10, seeded, values, element);
    const Block coded = coded_sparse_block("s", 10, seeded, values, element);
    const Block from_seed = seeded_sparse_block("s", 10, 7, values, element);
    for (const Block& b : {coded, from_seed}) {
      ASSERT_TRUE(b.validate()) << b.validate().error().message;
      EXPECT_EQ(b.indices(), seeded);
      EXPECT_EQ(b.to_vec(), plain.to_vec());
      EXPECT_EQ(b.squared_norm(), plain.squared_norm());
    }
    EXPECT_EQ(coded.data.size(), coded_sparse_bytes(10, 3, element));
    EXPECT_EQ(from_seed.data.size(), seeded_sparse_bytes(3, element));
    EXPECT_EQ(from_seed.data.size(), (3 * element_size(element) + 7) / 8 * 8 + 8);
  }
}

TEST(Payload, HostileSparseCodesAreRefused) {
  const Block coded = coded_sparse_block("c", 10, ascending, values);
  const Block seeded = seeded_sparse_block("z", 10, 7, values);
  for (const Block& b : {coded, seeded}) {
    EXPECT_NE(complaint(b, [](Block& c) { c.data.resize(c.data.size() + 8); }), "valid");
    EXPECT_NE(complaint(b, [](Block& c) { c.data.resize(c.data.size() - 8); }), "valid");
    EXPECT_NE(complaint(b, [](Block& c) { c.length = 2; }), "valid") << "more indices than places";
    EXPECT_NE(complaint(b, [](Block& c) { c.length = (std::uint64_t{1} << 32) + 1; }), "valid");
    EXPECT_NE(complaint(b, [](Block& c) { c.count = ~std::uint64_t{0}; }), "valid");
    EXPECT_NE(complaint(b, [](Block& c) { c.element = Element::code; }), "valid");
  }
  EXPECT_NE(complaint(coded, [](Block& c) { c.data.mutable_data()[24] ^= std::byte{0x80}; }),
            "valid")
      << "a fourth index";
}

TEST(Payload, BlocksAreFoundByName) {
  Payload p{{dense_block("a", values), seed_block("b", 7)}};
  EXPECT_EQ(p.find("b"), &p.blocks[1]);
  EXPECT_EQ(p.find("c"), nullptr);
  EXPECT_EQ(&p.at("a"), &p.blocks[0]);
  EXPECT_EQ(p.encoded_size(), 24U + 16U + 8U + 16U);
  EXPECT_DEATH((void)p.at("c"), "block is present");
}

TEST(Payload, ComesBackEqualFromItsArchive) {
  const Payload p{
      {dense_block("a", values, Element::bf16), sparse_block("s", 10, ascending, values),
       seed_block("b", 7), coded_sparse_block("c", 10, ascending, values),
       seeded_sparse_block("z", 10, 7, values), quantized_block("q", 10, {Levels::linear, 5, 0})}};
  const auto back = from_bytes<Payload>(to_bytes(p));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(*back, p);
}

}  // namespace
}  // namespace cohort
