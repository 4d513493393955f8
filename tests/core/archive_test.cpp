#include "core/archive.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "core/payload.hpp"

namespace cohort {
namespace {

enum class Colour : std::uint8_t { red, green };

struct Leaf {
  std::uint32_t number = 0;
  std::string text;
  friend bool operator==(const Leaf&, const Leaf&) = default;
  template <class V>
  void fields(V&& v) {
    v("number", number);
    v("text", text);
  }
};

struct Everything {
  bool truth = false;
  double real = 0;
  std::int16_t small = 0;
  Colour colour = Colour::red;
  std::string text;
  Bytes bytes;
  Vec vec;
  Mat mat;
  std::vector<std::uint64_t> numbers;
  std::vector<Leaf> leaves;
  std::map<std::string, Leaf> by_name;
  std::optional<Leaf> maybe;
  std::pair<std::uint8_t, double> both{};
  friend bool operator==(const Everything&, const Everything&) = default;
  template <class V>
  void fields(V&& v) {
    v("truth", truth);
    v("real", real);
    v("small", small);
    v("colour", colour);
    v("text", text);
    v("bytes", bytes);
    v("vec", vec);
    v("mat", mat);
    v("numbers", numbers);
    v("leaves", leaves);
    v("by_name", by_name);
    v("maybe", maybe);
    v("both", both);
  }
};

Everything example() {
  Everything e;
  e.truth = true;
  e.real = -0.1;
  e.small = -7;
  e.colour = Colour::green;
  e.text = "text";
  e.bytes.resize(5);
  e.bytes.mutable_data()[4] = std::byte{9};
  e.vec = Vec::LinSpaced(3, 1, 3);
  e.mat = Mat::Constant(2, 3, 0.5);
  e.numbers = {1, 2, 3};
  e.leaves = {{1, "one"}, {2, ""}};
  e.by_name = {{"a", {3, "three"}}, {"b", {4, "four"}}};
  e.maybe = Leaf{5, "five"};
  e.both = {6, 0.25};
  return e;
}

TEST(Archive, EveryKindOfFieldComesBackEqual) {
  const auto back = from_bytes<Everything>(to_bytes(example()));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(*back, example());
  const auto empty = from_bytes<Everything>(to_bytes(Everything{}));
  ASSERT_TRUE(empty) << empty.error().message;
  EXPECT_EQ(*empty, Everything{});
}

TEST(Archive, EncodingIsLittleEndianWithLengthsOf64Bits) {
  const Leaf leaf{0x01020304, "ab"};
  const std::vector<std::uint8_t> expected{4, 3, 2, 1, 2, 0, 0, 0, 0, 0, 0, 0, 'a', 'b'};
  const auto bytes = to_bytes(leaf);
  ASSERT_EQ(bytes.size(), expected.size());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    EXPECT_EQ(std::to_integer<std::uint8_t>(bytes[i]), expected[i]) << "at " << i;
  }
}

TEST(Archive, EveryTruncationIsAnErrorAndNothingElse) {
  const auto whole = to_bytes(example());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto back = from_bytes<Everything>(std::span(whole).first(size));
    ASSERT_FALSE(back) << "accepted " << size << " of " << whole.size() << " bytes";
    ASSERT_EQ(back.error().code, Code::bad_input);
  }
}

TEST(Archive, EveryFlippedByteIsReadOrRefusedWithoutHarm) {
  const auto whole = to_bytes(example());
  for (std::size_t i = 0; i < whole.size(); ++i) {
    for (const unsigned flip : {0x01U, 0x80U, 0xffU}) {
      auto bytes = whole;
      bytes[i] ^= static_cast<std::byte>(flip);
      if (auto back = from_bytes<Everything>(bytes)) {
        EXPECT_EQ(to_bytes(*back).size(), bytes.size());
      }
    }
  }
}

TEST(Archive, BytesLeftOverAreRefused) {
  auto bytes = to_bytes(Leaf{1, "one"});
  bytes.push_back(std::byte{0});
  const auto back = from_bytes<Leaf>(bytes);
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().message, "archive: 1 bytes left after the last field");
}

template <class T>
struct One {
  T value{};
  template <class V>
  void fields(V&& v) {
    v("value", value);
  }
};

// A length of 2^60 with nothing behind it must be refused before anything is allocated.
template <class T>
void expect_length_refused(std::vector<std::uint64_t> lengths) {
  const auto back = from_bytes<One<T>>(std::as_bytes(std::span(lengths)));
  ASSERT_FALSE(back);
  EXPECT_NE(back.error().message.find("field 'value'"), std::string::npos) << back.error().message;
}

TEST(Archive, HugeLengthsAreRefusedAndNameTheField) {
  constexpr std::uint64_t huge = std::uint64_t{1} << 60;
  expect_length_refused<std::string>({huge});
  expect_length_refused<Bytes>({huge});
  expect_length_refused<Vec>({huge});
  expect_length_refused<std::vector<double>>({huge});
  expect_length_refused<std::vector<Leaf>>({huge});
  expect_length_refused<std::map<std::string, Leaf>>({huge});
  expect_length_refused<Mat>({huge, huge});
  expect_length_refused<Mat>({huge, 1});
  // 2^32 · 2^32 wraps to 0.
  expect_length_refused<Mat>({std::uint64_t{1} << 32, std::uint64_t{1} << 32});
  // More than an index can count, though the matrix holds nothing.
  expect_length_refused<Mat>({std::numeric_limits<std::uint64_t>::max(), 0});
  expect_length_refused<Mat>({0, std::numeric_limits<std::uint64_t>::max()});
}

TEST(Archive, TruthValueOtherThan0Or1IsRefused) {
  const std::vector<std::byte> two{std::byte{2}};
  EXPECT_FALSE(from_bytes<One<bool>>(two));
}

TEST(Archive, BigBytesTravelAsPartsThatShareTheirStorage) {
  Payload payload;
  const std::vector<double> big(32, 1.5);    // 256 bytes: the least that leaves the archive
  const std::vector<double> small(31, 2.5);  // 248 bytes
  payload.blocks = {dense_block("big", big), dense_block("small", small), dense_block("last", big)};
  std::vector<std::byte> archive;
  std::vector<Bytes> parts;
  Writer(archive, &parts).put(payload);
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_EQ(parts[0].data(), payload.blocks[0].data.data());
  EXPECT_EQ(parts[1].data(), payload.blocks[2].data.data());

  Payload back;
  Reader reader(archive, &parts);
  reader.take(back);
  ASSERT_TRUE(reader.finished());
  EXPECT_EQ(back, payload);
  EXPECT_EQ(back.blocks[0].data.data(), payload.blocks[0].data.data());
}

TEST(Archive, PartsMustBeAsManyAndAsBigAsTheFieldsSay) {
  const One<Bytes> one{Bytes(300)};
  std::vector<std::byte> archive;
  std::vector<Bytes> parts;
  Writer(archive, &parts).put(one);
  const auto read = [&](const std::vector<Bytes>& with) {
    One<Bytes> back;
    Reader reader(archive, &with);
    reader.take(back);
    return reader.finished();
  };
  EXPECT_TRUE(read(parts));
  EXPECT_EQ(read({}).error().message,
            "archive: field 'value': expected a part of 300 bytes, found no more parts");
  EXPECT_EQ(read({Bytes(299)}).error().message,
            "archive: field 'value': expected a part of 300 bytes, found one of 299");
  EXPECT_EQ(read({Bytes(300), Bytes(300)}).error().message, "archive: the fields use 1 of 2 parts");
}

}  // namespace
}  // namespace cohort
