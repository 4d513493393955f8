#include "problems/data/npy.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

namespace cohort {
namespace {

constexpr std::size_t longest_header = std::size_t{1} << 20;
constexpr std::size_t most_dimensions = 32;  // as NumPy
constexpr std::size_t alignment = 64;
constexpr std::string_view written[] = {"<f8", "<f4", "|u1", "<i8"};  // by NumberArray::values

/// What follows 'key': in the header, up to the comma or parenthesis that ends it.
std::optional<std::string_view> header_value(std::string_view header, std::string_view key) {
  const std::size_t at = header.find(fmt::format("'{}'", key));
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view rest = header.substr(at + key.size() + 2);
  while (!rest.empty() && (rest.front() == ':' || rest.front() == ' ')) rest.remove_prefix(1);
  const bool is_tuple = !rest.empty() && rest.front() == '(';
  const std::size_t end = rest.find(is_tuple ? ')' : ',');
  if (end == std::string_view::npos) return std::nullopt;
  return rest.substr(0, end + (is_tuple ? 1 : 0));
}

/// Of "'<f8'" and the like.
std::optional<ElementType> parse_type(std::string_view text) {
  if (text.size() != 5 || text.front() != '\'' || text.back() != '\'') return std::nullopt;
  const char order = text[1], kind = text[2];
  const auto width = static_cast<std::size_t>(text[3] - '0');
  const bool is_whole = kind == 'i' || kind == 'u';
  const bool is_known = (kind == 'f' && (width == 4 || width == 8)) ||
                        (is_whole && (width == 1 || width == 2 || width == 4 || width == 8)) ||
                        (kind == 'b' && width == 1);
  const bool has_order = order == '<' || order == '>' || (order == '|' && width == 1);
  if (!is_known || !has_order) return std::nullopt;
  using Kind = ElementType::Kind;
  return ElementType{kind == 'f' ? Kind::real : (kind == 'i' ? Kind::whole : Kind::natural), width,
                     order == '>'};
}

/// Of "(2, 3)", "(2,)", "()".
std::optional<std::vector<std::uint64_t>> parse_shape(std::string_view text) {
  std::vector<std::uint64_t> shape;
  if (text.size() < 2 || text.front() != '(') return std::nullopt;
  text = text.substr(1, text.size() - 2);
  while (!text.empty()) {
    std::uint64_t side = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), side);
    if (error != std::errc{} || shape.size() == most_dimensions) return std::nullopt;
    shape.push_back(side);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (!text.empty() && text.front() != ',') return std::nullopt;
    while (!text.empty() && (text.front() == ',' || text.front() == ' ')) text.remove_prefix(1);
  }
  return shape;
}

}  // namespace

Result<NumberArray> read_npy(ByteSource& source) {
  NumberArray array{source.name(), {}, {}};
  const auto wrong = [&](const std::string& expected) {
    return bad_input(fmt::format("{}: expected {}", array.name, expected));
  };
  const auto take = [&](void* to, std::size_t size) -> Result<void> {
    const auto bytes = std::span(static_cast<std::byte*>(to), size);
    auto got = source.read(bytes);
    if (!got) {
      return Error{got.error().code, fmt::format("{}: {}", array.name, got.error().message)};
    }
    if (*got < size) return wrong("a .npy header, found the end of the file");
    return {};
  };
  std::array<char, 8> head{};
  COHORT_DO(take(head.data(), head.size()));
  if (std::string_view(head.data(), npy_magic.size()) != npy_magic) {
    return wrong("a .npy file, found other first bytes");
  }
  const int version = head[6];
  if (version < 1 || version > 3) {
    return wrong(fmt::format(".npy version 1 to 3, found {}", version));
  }
  std::uint32_t length = 0;
  COHORT_DO(take(&length, version == 1 ? 2 : 4));
  if (length > longest_header) {
    return wrong(
        fmt::format("a .npy header of at most {} bytes, found {}", longest_header, length));
  }
  std::string header(length, '\0');
  COHORT_DO(take(header.data(), header.size()));
  const auto type = header_value(header, "descr"), shape = header_value(header, "shape"),
             order = header_value(header, "fortran_order");
  if (!type || !shape || !order) {
    return wrong("descr, fortran_order and shape in the .npy header");
  }
  if (*order != "False") {
    return wrong(
        fmt::format("C order, found fortran_order = {}; save numpy.ascontiguousarray(x)", *order));
  }
  const auto element = parse_type(*type);
  if (!element) {
    return wrong(fmt::format("elements f4, f8, i1 … i8, u1 … u8 or b1, found {}", *type));
  }
  auto sides = parse_shape(*shape);
  if (!sides) return wrong(fmt::format("a shape, found {}", *shape));
  array.shape = *std::move(sides);
  COHORT_DO(read_elements(source, *element, array));
  return array;
}

std::vector<std::byte> npy_bytes(const NumberArray& array) {
  const auto values =
      std::visit([](const auto& v) { return std::as_bytes(std::span(v)); }, array.values);
  std::string header = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': {}, }}",
                                   written[array.values.index()], shape_text(array.shape));
  const std::size_t before = npy_magic.size() + 2 + sizeof(std::uint16_t);
  header.append(alignment - (before + header.size() + 1) % alignment, ' ');
  header += '\n';
  std::string start(npy_magic);
  start +=
      {'\1', '\0', static_cast<char>(header.size() & 0xFF), static_cast<char>(header.size() >> 8)};
  start += header;
  std::vector<std::byte> out(start.size() + values.size());
  std::memcpy(out.data(), start.data(), start.size());
  if (!values.empty()) std::memcpy(out.data() + start.size(), values.data(), values.size());
  return out;
}

}  // namespace cohort
