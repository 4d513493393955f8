#include "comm/codec.hpp"

#include <gtest/gtest.h>

#include <cstring>

namespace cohort {
namespace {

struct Reply {
  static constexpr std::uint16_t type = 42;
  std::uint64_t round = 0;
  std::string site;
  Payload payload;
  friend bool operator==(const Reply&, const Reply&) = default;
  template <class V>
  void fields(V&& v) {
    v("round", round);
    v("site", site);
    v("payload", payload);
  }
};
struct Other {
  static constexpr std::uint16_t type = 43;
  template <class V>
  void fields(V&&) {}
};

Reply example() {
  const std::vector<double> big(100, 0.5), small{1, 2};
  return {7, "north", {{dense_block("gradient", big), scalars_block("loss", small)}}};
}

void flip(Bytes& bytes, std::size_t bit) {
  bytes.mutable_data()[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
}
// The header with the checksum that belongs to it, so that what is behind the checksum is reached.
Frame with_header(const Frame& frame, std::span<const std::byte> header) {
  std::vector<std::byte> copy(header.begin(), header.end());
  return codec_detail::seal(Reply::type, copy, frame.parts);
}

TEST(Codec, MessageComesBackEqualAndSharesItsBlocks) {
  const Reply reply = example();
  const Frame frame = encode(reply);
  ASSERT_EQ(frame.parts.size(), 1U);
  EXPECT_EQ(frame.parts[0].data(), reply.payload.blocks[0].data.data());
  const auto back = decode<Reply>(frame, "rank 1");
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(*back, reply);
  EXPECT_EQ(back->payload.blocks[0].data.data(), reply.payload.blocks[0].data.data());
}

TEST(Codec, TypeIsKnownWithoutDecoding) {
  const auto type = message_type(encode(example()), "rank 1");
  ASSERT_TRUE(type);
  EXPECT_EQ(*type, Reply::type);
  EXPECT_FALSE(message_type({}, "rank 1"));
}

TEST(Codec, NoFlippedBitOfTheHeaderIsAccepted) {
  const Frame frame = encode(example());
  for (std::size_t bit = 0; bit < 8 * frame.header.size(); ++bit) {
    Frame spoiled = frame;
    flip(spoiled.header, bit);
    const auto back = decode<Reply>(spoiled, "rank 1");
    ASSERT_FALSE(back) << "bit " << bit;
    ASSERT_TRUE(back.error().message.starts_with("rank 1: ")) << back.error().message;
  }
}

TEST(Codec, NoTruncatedOrExtendedHeaderIsAccepted) {
  const Frame frame = encode(example());
  for (std::size_t size = 0; size < frame.header.size() + 8; ++size) {
    if (size == frame.header.size()) continue;
    Frame spoiled = frame;
    spoiled.header.resize(size);
    ASSERT_FALSE(decode<Reply>(spoiled, "rank 1")) << size << " bytes";
  }
}

TEST(Codec, PartsMustBeThoseOfTheHeader) {
  const Frame frame = encode(example());
  Frame spoiled = frame;
  spoiled.parts.pop_back();
  EXPECT_EQ(decode<Reply>(spoiled, "rank 1").error().message,
            "rank 1: message of type 42: parts: expected 1, found 0");
  spoiled = frame;
  spoiled.parts.emplace_back(1);
  EXPECT_FALSE(decode<Reply>(spoiled, "rank 1"));
  for (const std::size_t size : {0U, 255U, 799U, 801U}) {
    spoiled = frame;
    spoiled.parts[0].resize(size);
    EXPECT_FALSE(decode<Reply>(spoiled, "rank 1")) << size;
  }
}

// Behind a checksum that holds: fields from a peer that lies rather than from a wire that fails.
TEST(Codec, LyingFieldsAreReadOrRefusedWithoutHarm) {
  const Frame frame = encode(example());
  const std::span<const std::byte> whole(frame.header.data(), frame.header.size());
  std::size_t accepted = 0, refused = 0;
  for (std::size_t i = codec_detail::prelude_size; i < whole.size(); ++i) {
    for (const unsigned mask : {0x01U, 0x10U, 0x80U, 0xffU}) {
      std::vector<std::byte> header(whole.begin(), whole.end());
      header[i] ^= static_cast<std::byte>(mask);
      auto back = decode<Reply>(with_header(frame, header), "rank 1");
      back ? ++accepted : ++refused;
      if (back) (void)validate(back->payload, "rank 1");
    }
  }
  EXPECT_GT(accepted, 0U);
  EXPECT_GT(refused, 0U);
  for (std::size_t size = codec_detail::prelude_size; size < whole.size(); ++size) {
    ASSERT_FALSE(decode<Reply>(with_header(frame, whole.first(size)), "rank 1")) << size;
  }
  std::vector<std::byte> longer(whole.begin(), whole.end());
  longer.push_back(std::byte{0});
  EXPECT_EQ(decode<Reply>(with_header(frame, longer), "rank 1").error().message,
            "rank 1: archive: 1 bytes left after the last field");
}

TEST(Codec, AnotherProtocolIsNamedBeforeAnythingElse) {
  Frame frame = encode(example());
  const std::uint16_t version = protocol_version + 1;
  std::memcpy(frame.header.mutable_data() + 4, &version, sizeof version);
  EXPECT_EQ(decode<Reply>(frame, "site 'north'").error().message,
            "site 'north': expected protocol version " + std::to_string(protocol_version) +
                ", found " + std::to_string(version) + ": both ends must run the same release");
}

TEST(Codec, AnotherTypeIsRefused) {
  EXPECT_EQ(decode<Other>(encode(example()), "rank 1").error().message,
            "rank 1: message of type 42: type: expected 43, found 42");
}

TEST(Codec, LimitsBoundWhatIsAccepted) {
  const Frame frame = encode(example());
  EXPECT_TRUE(decode<Reply>(frame, "rank 1", {.message_bytes = frame.size(), .parts = 1}));
  EXPECT_FALSE(decode<Reply>(frame, "rank 1", {.message_bytes = frame.size() - 1, .parts = 1}));
  EXPECT_FALSE(decode<Reply>(frame, "rank 1", {.message_bytes = frame.size(), .parts = 0}));
}

TEST(Codec, PayloadOfAPeerIsValidatedBlockByBlock) {
  Payload payload = example().payload;
  EXPECT_TRUE(validate(payload, "rank 1"));
  payload.blocks[1].count = 3;
  EXPECT_EQ(validate(payload, "rank 1").error().message,
            "rank 1: block 'loss' (scalars): expected 24 bytes, found 16");
}

}  // namespace
}  // namespace cohort
