#include "problems/data/number_array.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <type_traits>
#include <utility>

namespace cohort {
namespace {

static_assert(std::endian::native == std::endian::little, "elements are taken as they lie");

constexpr std::size_t block_size = std::size_t{1} << 18;

template <class T>
T element_at(const std::byte* at, bool is_big_endian) {
  std::byte bytes[sizeof(T)];
  std::memcpy(bytes, at, sizeof(T));
  if (is_big_endian) std::reverse(bytes, bytes + sizeof(T));
  return std::bit_cast<T>(bytes);
}

/// The product of a shape; nothing where it has no 64-bit number.
std::optional<std::uint64_t> product_of(std::span<const std::uint64_t> shape) {
  std::uint64_t product = 1;
  for (const std::uint64_t side : shape) {
    if (side != 0 && product > std::numeric_limits<std::uint64_t>::max() / side) {
      return std::nullopt;
    }
    product *= side;
  }
  return product;
}

/// Elements of type From, each as To.
template <class From, class To>
Result<void> read_as(ByteSource& source, bool is_big_endian, std::uint64_t count,
                     const NumberArray& array, std::vector<To>& values) {
  std::vector<std::byte> block(block_size);
  while (true) {
    auto size = source.read(block);
    if (!size) {
      return Error{size.error().code, fmt::format("{}: {}", array.name, size.error().message)};
    }
    const std::uint64_t found = values.size() * sizeof(From) + *size;
    if (*size == 0 && values.size() == count) return {};
    if (*size == 0 || found / sizeof(From) > count || *size % sizeof(From) != 0) {
      return bad_input(fmt::format("{}: expected {} elements of {} bytes for shape {}, found {}{}",
                                   array.name, count, sizeof(From), shape_text(array.shape),
                                   *size < block.size() ? "" : "at least ",
                                   fmt::format("{} bytes", found)));
    }
    const std::size_t first = values.size(), fresh = *size / sizeof(From);
    // Geometric growth, so that what a shape claims costs nothing before its bytes are there.
    values.resize(first + fresh);
    for (std::size_t i = 0; i < fresh; ++i) {
      const From element = element_at<From>(block.data() + i * sizeof(From), is_big_endian);
      if constexpr (std::is_same_v<From, std::uint64_t>) {
        if (element >> 63 != 0) {
          return bad_input(
              fmt::format("{}: expected whole numbers below 2^63, found {}", array.name, element));
        }
      }
      values[first + i] = static_cast<To>(element);
    }
  }
}

}  // namespace

std::string shape_text(std::span<const std::uint64_t> shape) {
  return fmt::format("({}{})", fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
}

Result<void> read_elements(ByteSource& source, const ElementType& type, NumberArray& array) {
  const auto product = product_of(array.shape);
  if (!product) {
    return bad_input(fmt::format("{}: expected a shape of less than 2^64 elements, found {}",
                                 array.name, shape_text(array.shape)));
  }
  const auto read = [&]<class From, class To>(From, To) {
    return read_as<From, To>(source, type.is_big_endian, *product, array,
                             array.values.emplace<std::vector<To>>());
  };
  using Kind = ElementType::Kind;
  if (type.kind == Kind::real) return type.width == 4 ? read(float{}, float{}) : read(0.0, 0.0);
  const bool is_signed = type.kind == Kind::whole;
  switch (type.width) {
    case 1:
      return is_signed ? read(std::int8_t{}, std::int64_t{}) : read(std::uint8_t{}, std::uint8_t{});
    case 2:
      return is_signed ? read(std::int16_t{}, std::int64_t{})
                       : read(std::uint16_t{}, std::int64_t{});
    case 4:
      return is_signed ? read(std::int32_t{}, std::int64_t{})
                       : read(std::uint32_t{}, std::int64_t{});
    default:
      return is_signed ? read(std::int64_t{}, std::int64_t{})
                       : read(std::uint64_t{}, std::int64_t{});
  }
}

Result<Table> table_of(const NumberArray& features, const NumberArray* labels, double unit) {
  const auto& shape = features.shape;
  if (shape.size() < 2) {
    return bad_input(
        fmt::format("{}: expected rows of features, two dimensions or more, found shape {}",
                    features.name, shape_text(shape)));
  }
  const auto rows = static_cast<std::size_t>(shape[0]);
  if (rows == 0) return bad_input(fmt::format("{}: expected rows, found none", features.name));
  if (labels != nullptr && (labels->shape.size() != 1 || labels->shape[0] != shape[0])) {
    return bad_input(
        fmt::format("{}: expected one label for each of the {} rows of {}, found "
                    "shape {}",
                    labels->name, rows, features.name, shape_text(labels->shape)));
  }
  const auto not_finite = [](const NumberArray& array, std::size_t at, std::size_t width,
                             double found) {
    const std::string place =
        width == 0 ? fmt::format("{}", at) : fmt::format("{}, {}", at / width, at % width);
    return bad_input(
        fmt::format("{}[{}]: expected a finite number, found {}", array.name, place, found));
  };
  Table table;
  COHORT_DO(std::visit(
      [&](const auto& values) -> Result<void> {
        table.features = values.size() / rows;
        table.values.resize(values.size());
        for (std::size_t i = 0; i < values.size(); ++i) {
          const double x = static_cast<double>(values[i]) / unit;
          if (!std::isfinite(x)) return not_finite(features, i, table.features, x);
          table.values[i] = x;
        }
        return {};
      },
      features.values));
  table.labels.resize(rows);
  if (labels == nullptr) {
    std::fill_n(table.labels.data(), rows, 0.0);
    return table;
  }
  COHORT_DO(std::visit(
      [&](const auto& values) -> Result<void> {
        for (std::size_t i = 0; i < rows; ++i) {
          const auto x = static_cast<double>(values[i]);
          if (!std::isfinite(x)) return not_finite(*labels, i, 0, x);
          table.labels[i] = x;
        }
        return {};
      },
      labels->values));
  return table;
}

}  // namespace cohort
