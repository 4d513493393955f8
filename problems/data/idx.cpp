#include "problems/data/idx.hpp"

#include <fmt/format.h>

#include <array>
#include <optional>

namespace cohort {
namespace {

std::optional<ElementType> element_of(std::byte code) {
  using Kind = ElementType::Kind;
  switch (std::to_integer<unsigned>(code)) {
    case 0x08:
      return ElementType{Kind::natural, 1, true};
    case 0x09:
      return ElementType{Kind::whole, 1, true};
    case 0x0B:
      return ElementType{Kind::whole, 2, true};
    case 0x0C:
      return ElementType{Kind::whole, 4, true};
    case 0x0D:
      return ElementType{Kind::real, 4, true};
    case 0x0E:
      return ElementType{Kind::real, 8, true};
    default:
      return std::nullopt;
  }
}

}  // namespace

Result<NumberArray> read_idx(ByteSource& source) {
  NumberArray array{source.name(), {}, {}};
  const auto take = [&](std::span<std::byte> to) -> Result<void> {
    auto size = source.read(to);
    if (!size) {
      return Error{size.error().code, fmt::format("{}: {}", array.name, size.error().message)};
    }
    if (*size == to.size()) return {};
    return bad_input(
        fmt::format("{}: expected an IDX header, found the end of the file", array.name));
  };
  std::array<std::byte, 4> head{};
  COHORT_DO(take(head));
  const auto type = element_of(head[2]);
  if (head[0] != std::byte{0} || head[1] != std::byte{0} || !type || head[3] == std::byte{0}) {
    return bad_input(fmt::format(
        "{}: expected the first bytes of an IDX file (00 00, a type of 08, 09, 0b, 0c, 0d or 0e, a "
        "number of dimensions), found {:02x} {:02x} {:02x} {:02x}",
        array.name, head[0], head[1], head[2], head[3]));
  }
  for (unsigned i = 0; i < std::to_integer<unsigned>(head[3]); ++i) {
    std::array<std::byte, 4> size{};
    COHORT_DO(take(size));
    std::uint64_t side = 0;
    for (const std::byte b : size) side = side << 8 | std::to_integer<std::uint64_t>(b);
    array.shape.push_back(side);
  }
  COHORT_DO(read_elements(source, *type, array));
  return array;
}

}  // namespace cohort
