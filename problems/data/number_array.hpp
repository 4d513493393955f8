#pragma once
// An array of numbers of any dimension, row-major, as .npy, .npz and IDX files hold it.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "core/result.hpp"
#include "problems/data/byte_source.hpp"
#include "problems/data/table.hpp"

namespace cohort {

struct NumberArray {
  std::string name;  // of an entry of an .npz; else of the file
  std::vector<std::uint64_t> shape;
  /// The product of the shape many: bytes and single precision as they are, other whole numbers as
  /// int64, other reals as double.
  std::variant<std::vector<double>, std::vector<float>, std::vector<std::uint8_t>,
               std::vector<std::int64_t>>
      values;

  bool is_bytes() const { return values.index() == 2; }
  friend bool operator==(const NumberArray&, const NumberArray&) = default;
};

/// How an element is stored.
struct ElementType {
  enum class Kind { real, whole, natural } kind = Kind::real;
  std::size_t width = 8;  // bytes: 4 or 8 of a real, else 1, 2, 4 or 8
  bool is_big_endian = false;
};

/// The elements of an array whose shape is known, from a source that must end with them. Memory
/// grows with what is there, never with what a shape claims. Errors (bad_input) name the source: a
/// shape beyond 2^64 elements, too few or too many bytes, a whole number beyond 2^63.
Result<void> read_elements(ByteSource& source, const ElementType& type, NumberArray& array);

/// "(60000, 28, 28)"
std::string shape_text(std::span<const std::uint64_t> shape);

/// The first dimension counts rows, the others are their features, one after another. Values are
/// divided by `unit`. Labels: one dimension, as many as rows; null for none, then 0. Errors
/// (bad_input) name the array: no such shapes, and the place of what is not finite.
Result<Table> table_of(const NumberArray& features, const NumberArray* labels, double unit);

}  // namespace cohort
