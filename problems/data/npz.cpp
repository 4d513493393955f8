#include "problems/data/npz.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <new>
#include <optional>
#include <span>
#include <string_view>

#include "core/file.hpp"
#include "problems/data/npy.hpp"

namespace cohort {

namespace {

constexpr std::uint32_t local_signature = 0x04034b50;
constexpr std::uint32_t central_signature = 0x02014b50;
constexpr std::uint32_t end_signature = 0x06054b50;
constexpr std::uint16_t version = 20;
constexpr std::uint16_t date = 0x21;  // 1980-01-01: the same model, the same bytes
constexpr std::size_t local_size = 30, central_size = 46, end_size = 22;
constexpr std::string_view suffix = ".npy";
constexpr std::uint16_t stored = 0, deflated = 8;
constexpr std::uint64_t most_inflation = 1032;  // of deflate
constexpr std::uint32_t in_zip64 = 0xFFFFFFFF;

using Buffer = std::vector<std::byte>;

template <class T>
requires std::is_integral_v<T>
void put(Buffer& out, T value) {
  const auto* bytes = reinterpret_cast<const std::byte*>(&value);
  out.insert(out.end(), bytes, bytes + sizeof value);
}
void put_text(Buffer& out, std::string_view text) {
  const auto* bytes = reinterpret_cast<const std::byte*>(text.data());
  out.insert(out.end(), bytes, bytes + text.size());
}

std::uint32_t crc_of(std::span<const std::byte> bytes) {
  return static_cast<std::uint32_t>(
      ::crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

/// The fields that the local and the central header share.
void put_common(Buffer& out, std::uint32_t crc, std::uint32_t size, std::size_t name_size) {
  put(out, version);
  put<std::uint16_t>(out, 0);  // flags
  put<std::uint16_t>(out, 0);  // stored
  put<std::uint16_t>(out, 0);  // time
  put(out, date);
  put(out, crc);
  put(out, size);  // compressed
  put(out, size);
  put(out, static_cast<std::uint16_t>(name_size));
  put<std::uint16_t>(out, 0);  // extra
}

/// Reads from bytes that may be anything: beyond their end it fails and gives zeros.
class Cursor {
 public:
  explicit Cursor(std::span<const std::byte> bytes, std::uint64_t at = 0) : bytes_(bytes) {
    skip(at);
  }
  template <class T>
  T take() {
    T value{};
    const auto part = take_bytes(sizeof(T));
    if (!part.empty()) std::memcpy(&value, part.data(), sizeof(T));
    return value;
  }
  std::span<const std::byte> take_bytes(std::uint64_t size) {
    if (size > bytes_.size()) {
      is_sound_ = false;
      bytes_ = {};
      return {};
    }
    const auto part = bytes_.first(static_cast<std::size_t>(size));
    bytes_ = bytes_.subspan(part.size());
    return part;
  }
  std::string_view take_text(std::uint64_t size) {
    const auto part = take_bytes(size);
    return {reinterpret_cast<const char*>(part.data()), part.size()};
  }
  void skip(std::uint64_t size) { take_bytes(size); }
  bool is_sound() const { return is_sound_; }
  std::size_t left() const { return bytes_.size(); }

 private:
  std::span<const std::byte> bytes_;
  bool is_sound_ = true;
};

/// The bytes of an entry of raw deflate, `size` many; nothing if they are not.
std::optional<Buffer> inflated(std::span<const std::byte> from, std::uint32_t size) {
  if (size / most_inflation > from.size()) return std::nullopt;
  Buffer out(size);
  z_stream stream{};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) throw std::bad_alloc();
  stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(from.data()));
  stream.avail_in = static_cast<uInt>(from.size());
  std::byte nowhere{};  // zlib wants a place, also for no bytes
  stream.next_out = reinterpret_cast<Bytef*>(out.empty() ? &nowhere : out.data());
  stream.avail_out = size;
  const int status = ::inflate(&stream, Z_FINISH);
  const bool is_whole = status == Z_STREAM_END && stream.avail_out == 0;
  inflateEnd(&stream);
  if (!is_whole) return std::nullopt;
  return out;
}

}  // namespace

Result<void> write_npz(const std::filesystem::path& path, const std::vector<NumberArray>& arrays) {
  Buffer out, central;
  for (const NumberArray& array : arrays) {
    const Buffer entry = npy_bytes(array);
    const std::string name = array.name + std::string(suffix);
    const std::uint64_t end = out.size() + local_size + name.size() + entry.size();
    if (end + central.size() + central_size + name.size() + end_size >
        std::numeric_limits<std::uint32_t>::max()) {
      return bad_input(fmt::format("{}: expected arrays of less than 4 GiB", path.string()));
    }
    const std::uint32_t crc = crc_of(entry);
    const auto size = static_cast<std::uint32_t>(entry.size());
    put(central, central_signature);
    put(central, version);  // made by
    put_common(central, crc, size, name.size());
    put<std::uint16_t>(central, 0);  // comment
    put<std::uint16_t>(central, 0);  // disk
    put<std::uint16_t>(central, 0);  // attributes
    put<std::uint32_t>(central, 0);
    put(central, static_cast<std::uint32_t>(out.size()));
    put_text(central, name);
    put(out, local_signature);
    put_common(out, crc, size, name.size());
    put_text(out, name);
    out.insert(out.end(), entry.begin(), entry.end());
  }
  const auto central_at = static_cast<std::uint32_t>(out.size());
  const auto count = static_cast<std::uint16_t>(arrays.size());
  out.insert(out.end(), central.begin(), central.end());
  put(out, end_signature);
  put<std::uint16_t>(out, 0);  // disk
  put<std::uint16_t>(out, 0);
  put(out, count);
  put(out, count);
  put(out, static_cast<std::uint32_t>(central.size()));
  put(out, central_at);
  put<std::uint16_t>(out, 0);  // comment
  return write_durably(path, out);
}

Result<std::vector<NumberArray>> read_npz(const std::filesystem::path& path) {
  COHORT_TRY(const auto bytes, read_file(path));
  return parse_npz(bytes, path.string());
}

Result<std::vector<NumberArray>> parse_npz(std::span<const std::byte> bytes,
                                           const std::string& name) {
  const auto wrong = [&](std::string_view what) {
    return bad_input(fmt::format("{}: expected {}", name, what));
  };
  if (bytes.size() < end_size) return wrong("a zip file");
  Cursor end(bytes, bytes.size() - end_size);
  if (end.take<std::uint32_t>() != end_signature) return wrong("a zip file without a comment");
  end.skip(2 * sizeof(std::uint16_t) + sizeof(std::uint16_t));
  const auto count = end.take<std::uint16_t>();
  end.skip(sizeof(std::uint32_t));
  Cursor central(bytes, end.take<std::uint32_t>());
  std::vector<NumberArray> arrays;
  for (std::uint16_t i = 0; i < count; ++i) {
    if (central.take<std::uint32_t>() != central_signature) return wrong("a zip directory");
    central.skip(3 * sizeof(std::uint16_t));
    const auto method = central.take<std::uint16_t>();
    central.skip(2 * sizeof(std::uint16_t));
    const auto crc = central.take<std::uint32_t>();
    const auto packed_size = central.take<std::uint32_t>();
    const auto size = central.take<std::uint32_t>();
    const auto name_size = central.take<std::uint16_t>();
    const auto extra = central.take<std::uint16_t>();
    const auto comment = central.take<std::uint16_t>();
    central.skip(2 * sizeof(std::uint16_t) + sizeof(std::uint32_t));
    const auto at = central.take<std::uint32_t>();
    std::string_view entry_name = central.take_text(name_size);
    central.skip(std::uint64_t{extra} + comment);
    if (!central.is_sound()) return wrong("a complete zip directory");
    if (method != stored && method != deflated) {
      return wrong(fmt::format("stored or deflated entries; {} is compressed by method {}",
                               entry_name, method));
    }
    if (size == in_zip64 || packed_size == in_zip64 || at == in_zip64) {
      return wrong(fmt::format("a file of less than 4 GiB; {} is larger", entry_name));
    }
    if (!entry_name.ends_with(suffix)) {
      return wrong(fmt::format("arrays; {} is none", entry_name));
    }
    entry_name.remove_suffix(suffix.size());

    Cursor local(bytes, at);
    if (local.take<std::uint32_t>() != local_signature) return wrong("a zip entry");
    local.skip(local_size - sizeof(std::uint32_t) - 2 * sizeof(std::uint16_t));
    const auto local_name = local.take<std::uint16_t>();
    const auto local_extra = local.take<std::uint16_t>();
    local.skip(std::uint64_t{local_name} + local_extra);
    auto entry = local.take_bytes(packed_size);
    if (!local.is_sound()) return wrong(fmt::format("all bytes of {}", entry_name));
    std::optional<Buffer> unpacked;
    if (method == deflated) {
      unpacked = inflated(entry, size);
      if (!unpacked) return wrong(fmt::format("{} bytes in {}", size, entry_name));
      entry = *unpacked;
    }
    if (entry.size() != size || crc_of(entry) != crc) {
      return wrong(fmt::format("{} with its size and checksum", entry_name));
    }
    auto source = ByteSource::memory(entry, fmt::format("{}: {}", name, entry_name));
    COHORT_TRY(NumberArray array, read_npy(source));
    array.name = entry_name;
    arrays.push_back(std::move(array));
  }
  return arrays;
}

}  // namespace cohort
