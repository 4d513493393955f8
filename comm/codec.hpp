#pragma once
// Messages to frames and back. A message is a struct with fields(v) and a number of its own,
//   static constexpr std::uint16_t type = 3;
// The header of its frame is
//   magic u32 | protocol version u16 | type u16 | checksum u64 | field bytes u64 | parts u64 |
//   fields
// where the checksum, XXH3-64, is over all the other bytes. Bytes members of `out_of_line` bytes or
// more (the data of blocks) are the parts, in the order of the fields, which hold their sizes.
//
// A frame is hostile until it has been decoded: version before fields, lengths before allocation,
// nothing left over. Errors name the peer. Parts are not under the checksum: the transport answers
// for them, and what they mean is for validate() to say.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "comm/frame.hpp"
#include "core/archive.hpp"
#include "core/payload.hpp"
#include "core/result.hpp"

namespace cohort {

/// Changes whenever a frame or a message does.
inline constexpr std::uint16_t protocol_version = 2;

/// What a receiver accepts of one message.
struct Limits {
  std::uint64_t message_bytes = std::uint64_t{16} << 30;  // header and parts together
  std::uint64_t parts = std::uint64_t{1} << 20;
};

namespace codec_detail {
inline constexpr std::size_t prelude_size = 32;
// `header` has prelude_size bytes of room before the fields.
Frame seal(std::uint16_t type, std::span<std::byte> header, std::vector<Bytes> parts);
// The fields of a frame whose prelude, sizes and checksum are as they should be.
Result<std::span<const std::byte>> open(const Frame& frame, std::uint16_t type,
                                        std::string_view peer, const Limits& limits);
Error from_peer(std::string_view peer, const Error& error);
}  // namespace codec_detail

template <class M>
Frame encode(const M& message) {
  std::vector<std::byte> header(codec_detail::prelude_size);
  std::vector<Bytes> parts;
  Writer(header, &parts).put(message);
  return codec_detail::seal(static_cast<std::uint16_t>(M::type), header, std::move(parts));
}

/// The blocks of the message share the storage of the frame's parts. `peer`: how an error calls the
/// sender, "rank 3" or a site's name.
template <class M>
Result<M> decode(const Frame& frame, std::string_view peer, const Limits& limits = {}) {
  COHORT_TRY(const auto fields,
             codec_detail::open(frame, static_cast<std::uint16_t>(M::type), peer, limits));
  M message{};
  Reader reader(fields, &frame.parts);
  reader.take(message);
  if (auto read = reader.finished(); !read) return codec_detail::from_peer(peer, read.error());
  return message;
}

/// The type of a frame's message, to choose what to decode it as. Checks magic and version only.
Result<std::uint16_t> message_type(const Frame& frame, std::string_view peer);

/// Every block agrees with its own form, element, length and count. For payloads from a peer,
/// before anything reads their blocks.
Result<void> validate(const Payload& payload, std::string_view peer);

}  // namespace cohort
