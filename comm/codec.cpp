#include "comm/codec.hpp"

#include <fmt/core.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstring>

namespace cohort {

namespace {

constexpr std::uint32_t magic = 0x54524843;  // "CHRT"

struct Prelude {
  std::uint32_t magic = 0;
  std::uint16_t version = 0;
  std::uint16_t type = 0;
  std::uint64_t checksum = 0;
  std::uint64_t field_bytes = 0;
  std::uint64_t parts = 0;
};
static_assert(sizeof(Prelude) == codec_detail::prelude_size);

// Of everything but itself: what stands before it is the seed of what stands after it.
std::uint64_t checksum(const std::byte* header, std::size_t size) {
  std::uint64_t before = 0;
  std::memcpy(&before, header, sizeof before);
  constexpr std::size_t after = 16;
  return XXH3_64bits_withSeed(header + after, size - after, before);
}

Result<Prelude> read_prelude(const Frame& frame, std::string_view peer) {
  Prelude p;
  if (frame.header.size() < sizeof p) {
    return bad_input(fmt::format("{}: expected a header of at least {} bytes, found {}", peer,
                                 sizeof p, frame.header.size()));
  }
  std::memcpy(&p, frame.header.data(), sizeof p);
  if (p.magic != magic) {
    return bad_input(fmt::format("{}: expected a Cohort message (magic {:08x}), found {:08x}", peer,
                                 magic, p.magic));
  }
  if (p.version != protocol_version) {
    return bad_input(
        fmt::format("{}: expected protocol version {}, found {}: both ends must run "
                    "the same release",
                    peer, protocol_version, p.version));
  }
  return p;
}

}  // namespace

namespace codec_detail {

Frame seal(std::uint16_t type, std::span<std::byte> header, std::vector<Bytes> parts) {
  Prelude p{magic, protocol_version, type, 0, header.size() - sizeof(Prelude), parts.size()};
  std::memcpy(header.data(), &p, sizeof p);
  p.checksum = checksum(header.data(), header.size());
  std::memcpy(header.data(), &p, sizeof p);
  Frame frame{Bytes(header.size()), std::move(parts)};
  std::memcpy(frame.header.mutable_data(), header.data(), header.size());
  return frame;
}

Result<std::span<const std::byte>> open(const Frame& frame, std::uint16_t type,
                                        std::string_view peer, const Limits& limits) {
  COHORT_TRY(const Prelude p, read_prelude(frame, peer));
  const auto wrong = [&](std::string_view what, const std::string& expected, auto found) -> Error {
    return bad_input(fmt::format("{}: message of type {}: {}: expected {}, found {}", peer, p.type,
                                 what, expected, found));
  };
  const std::size_t field_bytes = frame.header.size() - sizeof p;
  if (p.type != type) return wrong("type", std::to_string(type), p.type);
  if (frame.size() > limits.message_bytes) {
    return wrong("bytes", fmt::format("at most {}", limits.message_bytes), frame.size());
  }
  if (frame.parts.size() > limits.parts) {
    return wrong("parts", fmt::format("at most {}", limits.parts), frame.parts.size());
  }
  if (p.parts != frame.parts.size()) {
    return wrong("parts", std::to_string(p.parts), frame.parts.size());
  }
  if (p.field_bytes != field_bytes) {
    return wrong("bytes of fields", std::to_string(p.field_bytes), field_bytes);
  }
  const std::uint64_t sum = checksum(frame.header.data(), frame.header.size());
  if (p.checksum != sum) {
    return wrong("checksum of the header", fmt::format("{:016x}", p.checksum),
                 fmt::format("{:016x}", sum));
  }
  return std::span(frame.header.data() + sizeof p, field_bytes);
}

Error from_peer(std::string_view peer, const Error& error) {
  return {error.code, fmt::format("{}: {}", peer, error.message)};
}

}  // namespace codec_detail

Result<std::uint16_t> message_type(const Frame& frame, std::string_view peer) {
  COHORT_TRY(const Prelude p, read_prelude(frame, peer));
  return p.type;
}

Result<void> validate(const Payload& payload, std::string_view peer) {
  for (const Block& block : payload.blocks) {
    if (auto valid = block.validate(); !valid) return codec_detail::from_peer(peer, valid.error());
  }
  return {};
}

}  // namespace cohort
