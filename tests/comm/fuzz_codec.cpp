// libFuzzer target: bytes from a peer, as a frame with two parts. Whatever is accepted must encode
// to a frame that decodes to the same. Built by clang with -DCOHORT_FUZZ=ON:
//   fuzz_codec -max_total_time=60 -max_len=4096

#include <cstring>

#include "comm/codec.hpp"

namespace cohort {
namespace {

struct Message {
  static constexpr std::uint16_t type = 1;
  std::uint64_t number = 0;
  bool truth = false;
  std::string text;
  Vec vec;
  Mat mat;
  std::vector<std::uint32_t> numbers;
  std::map<std::uint64_t, Payload> by_client;
  std::optional<std::pair<std::uint32_t, double>> maybe;
  Payload payload;
  template <class V>
  void fields(V&& v) {
    v("number", number);
    v("truth", truth);
    v("text", text);
    v("vec", vec);
    v("mat", mat);
    v("numbers", numbers);
    v("by_client", by_client);
    v("maybe", maybe);
    v("payload", payload);
  }
};

Bytes copy(std::span<const std::byte> from) {
  Bytes bytes(from.size());
  if (!from.empty()) std::memcpy(bytes.mutable_data(), from.data(), from.size());
  return bytes;
}

void run(std::span<const std::byte> input) {
  // As the bytes come: the prelude.
  Frame raw{copy(input), {}};
  (void)message_type(raw, "peer");
  (void)decode<Message>(raw, "peer");
  // Under a checksum that holds: the fields. The first two bytes are the sizes of the parts.
  if (input.size() < 2) return;
  std::vector<Bytes> parts{Bytes(std::to_integer<std::size_t>(input[0]) * 4),
                           Bytes(std::to_integer<std::size_t>(input[1]) * 4)};
  std::erase_if(parts, [](const Bytes& part) { return part.size() < out_of_line; });
  std::vector<std::byte> header(codec_detail::prelude_size);
  header.insert(header.end(), input.begin() + 2, input.end());
  const Frame frame = codec_detail::seal(Message::type, header, parts);
  auto message = decode<Message>(frame, "peer");
  if (!message) return;
  if (validate(message->payload, "peer")) {
    for (const Block& block : message->payload.blocks) (void)block.squared_norm();
  }
  const Frame again = encode(*message);
  auto twice = decode<Message>(again, "peer");
  COHORT_CHECK(twice && encode(*twice) == again, "what was accepted comes back equal");
}

}  // namespace
}  // namespace cohort

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  cohort::run(std::as_bytes(std::span(data, size)));
  return 0;
}
