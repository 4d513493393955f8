#include "scenarios/npz.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <zlib.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <limits>
#include <optional>
#include <span>
#include <string_view>

#include "core/file.hpp"

namespace cohort {

static_assert(std::endian::native == std::endian::little, "zip and <f8 are little-endian");

namespace {

constexpr std::uint32_t local_signature = 0x04034b50;
constexpr std::uint32_t central_signature = 0x02014b50;
constexpr std::uint32_t end_signature = 0x06054b50;
constexpr std::uint16_t version = 20;
constexpr std::uint16_t date = 0x21;  // 1980-01-01: the same model, the same bytes
constexpr std::size_t local_size = 30, central_size = 46, end_size = 22;
constexpr std::string_view suffix = ".npy";
constexpr std::string_view npy_magic("\x93NUMPY\x01\x00", 8);
constexpr std::size_t npy_alignment = 64;
constexpr std::string_view descr[] = {"<f8", "|u1"};  // by the index of NpzArray::values

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

Buffer npy(const NpzArray& array) {
  const auto values =
      std::visit([](const auto& v) { return std::as_bytes(std::span(v)); }, array.values);
  std::string header = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}{}), }}",
                                   descr[array.values.index()], fmt::join(array.shape, ", "),
                                   array.shape.size() == 1 ? "," : "");
  const std::size_t before = npy_magic.size() + sizeof(std::uint16_t);
  header.append(npy_alignment - (before + header.size() + 1) % npy_alignment, ' ');
  header += '\n';
  Buffer out;
  out.reserve(before + header.size() + values.size());
  put_text(out, npy_magic);
  put(out, static_cast<std::uint16_t>(header.size()));
  put_text(out, header);
  out.insert(out.end(), values.begin(), values.end());
  return out;
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

/// The elements and the shape of a header of the one kind that write_npz makes.
struct Header {
  std::size_t element = 0;  // index of descr
  std::vector<std::uint64_t> shape;
};
std::optional<Header> parse_header(std::string_view text) {
  const auto skip = [&text](std::string_view expected) {
    if (!text.starts_with(expected)) return false;
    text.remove_prefix(expected.size());
    return true;
  };
  Header header;
  if (!skip("{'descr': '")) return std::nullopt;
  if (skip(descr[1])) {
    header.element = 1;
  } else if (!skip(descr[0])) {
    return std::nullopt;
  }
  if (!skip("', 'fortran_order': False, 'shape': (")) return std::nullopt;
  while (!text.empty() && text.front() != ')') {
    std::uint64_t side = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), side);
    if (error != std::errc{}) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    text.remove_prefix(std::min(text.find_first_not_of(", "), text.size()));
    header.shape.push_back(side);
  }
  if (text.empty()) return std::nullopt;
  return header;
}

template <class T>
std::vector<T> take_values(Cursor& cursor, std::uint64_t count) {
  std::vector<T> values(count);
  const auto bytes = cursor.take_bytes(count * sizeof(T));
  if (!bytes.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

/// An array from its .npy bytes; nothing if they are not what write_npz makes.
std::optional<NpzArray> parse_npy(std::string_view name, std::span<const std::byte> bytes) {
  Cursor cursor(bytes);
  if (cursor.take_text(npy_magic.size()) != npy_magic) return std::nullopt;
  auto header = parse_header(cursor.take_text(cursor.take<std::uint16_t>()));
  if (!cursor.is_sound() || !header) return std::nullopt;
  const std::size_t width = header->element == 0 ? sizeof(double) : 1;
  if (cursor.left() % width != 0) return std::nullopt;
  const std::uint64_t count = cursor.left() / width;
  std::uint64_t product = 1;
  for (const std::uint64_t side : header->shape) {
    if (side != 0 && product > std::numeric_limits<std::uint64_t>::max() / side) {
      return std::nullopt;
    }
    product *= side;
  }
  if (product != count) return std::nullopt;
  NpzArray array{std::string(name), std::move(header->shape), {}};
  if (header->element == 0) {
    array.values = take_values<double>(cursor, count);
  } else {
    array.values = take_values<std::uint8_t>(cursor, count);
  }
  return array;
}

}  // namespace

Result<void> write_npz(const std::filesystem::path& path, const std::vector<NpzArray>& arrays) {
  Buffer out, central;
  for (const NpzArray& array : arrays) {
    const Buffer entry = npy(array);
    const std::string name = array.name + std::string(suffix);
    const std::uint64_t end = out.size() + local_size + name.size() + entry.size();
    if (end + central.size() + central_size + name.size() + end_size >
        std::numeric_limits<std::uint32_t>::max()) {
      return bad_input(fmt::format("{}: expected a model of less than 4 GiB", path.string()));
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

Result<std::vector<NpzArray>> read_npz(const std::filesystem::path& path) {
  COHORT_TRY(const auto bytes, read_file(path));
  const auto wrong = [&](std::string_view what) {
    return bad_input(fmt::format("{}: expected {}", path.string(), what));
  };
  if (bytes.size() < end_size) return wrong("a zip file");
  Cursor end(bytes, bytes.size() - end_size);
  if (end.take<std::uint32_t>() != end_signature) return wrong("a zip file without a comment");
  end.skip(2 * sizeof(std::uint16_t) + sizeof(std::uint16_t));
  const auto count = end.take<std::uint16_t>();
  end.skip(sizeof(std::uint32_t));
  Cursor central(bytes, end.take<std::uint32_t>());
  std::vector<NpzArray> arrays;
  for (std::uint16_t i = 0; i < count; ++i) {
    if (central.take<std::uint32_t>() != central_signature) return wrong("a zip directory");
    central.skip(3 * sizeof(std::uint16_t));
    const auto method = central.take<std::uint16_t>();
    central.skip(2 * sizeof(std::uint16_t));
    const auto crc = central.take<std::uint32_t>();
    const auto size = central.take<std::uint32_t>();
    central.skip(sizeof(std::uint32_t));
    const auto name_size = central.take<std::uint16_t>();
    const auto extra = central.take<std::uint16_t>();
    const auto comment = central.take<std::uint16_t>();
    central.skip(2 * sizeof(std::uint16_t) + sizeof(std::uint32_t));
    const auto at = central.take<std::uint32_t>();
    std::string_view name = central.take_text(name_size);
    central.skip(std::uint64_t{extra} + comment);
    if (!central.is_sound()) return wrong("a complete zip directory");
    if (method != 0) return wrong(fmt::format("stored entries; {} is compressed", name));
    if (!name.ends_with(suffix)) return wrong(fmt::format("arrays; {} is none", name));
    name.remove_suffix(suffix.size());

    Cursor local(bytes, at);
    if (local.take<std::uint32_t>() != local_signature) return wrong("a zip entry");
    local.skip(local_size - sizeof(std::uint32_t) - 2 * sizeof(std::uint16_t));
    const auto local_name = local.take<std::uint16_t>();
    const auto local_extra = local.take<std::uint16_t>();
    local.skip(std::uint64_t{local_name} + local_extra);
    const auto entry = local.take_bytes(size);
    if (!local.is_sound()) return wrong(fmt::format("all bytes of {}", name));
    if (crc_of(entry) != crc) return wrong(fmt::format("{} with its checksum", name));
    auto array = parse_npy(name, entry);
    if (!array) return wrong(fmt::format("{} as an array of <f8 or |u1, row-major", name));
    arrays.push_back(*std::move(array));
  }
  return arrays;
}

}  // namespace cohort
