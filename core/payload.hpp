#pragma once
// Payload: an ordered list of named blocks. A gradient, a model, a Hessian increment, or one scalar
// and a seed are all payloads, so compression, robustness and byte accounting apply to all.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.hpp"
#include "core/quantized.hpp"
#include "core/result.hpp"
#include "core/vec.hpp"

namespace cohort {

enum class Form : std::uint8_t {
  dense,             // [length] elements
  sparse,            // `count` elements, padded to 4 bytes, then `count` u32 indices, ascending
  packed_symmetric,  // upper triangle of [length × length], row-major
  sparse_symmetric,  // sparse over the packed index of [length × length]
  scalars,           // a few f64
  seed,              // u64 seeds
  // What a compressor makes of a dense block of `length`:
  sparse_coded,   // `count` elements, padded to 8 bytes, and their indices (core/index_code.hpp)
  sparse_seeded,  // `count` elements, padded to 8 bytes, and the u64 seed of seeded_indices()
  quantized,      // [length] codes of a few bits (core/quantized.hpp)
};
enum class Element : std::uint8_t { f64, f32, bf16, u64, code };

std::string_view to_string(Form form);
std::string_view to_string(Element element);
/// In bytes; 0 for codes, whose size the block says.
std::size_t element_size(Element element);
bool is_sparse(Form form);
/// What compressors make, which says itself in which precision it is.
bool is_encoded(Form form);

/// Number of coordinates that a form of a given length can hold: length, or length(length+1)/2.
std::size_t coordinates(Form form, std::size_t length);
/// Position of (i, j), i ≤ j < length, in the row-major packed upper triangle.
constexpr std::size_t packed_index(std::size_t i, std::size_t j, std::size_t length) {
  return i * length - i * (i + 1) / 2 + j;
}

struct Block {
  std::string name;
  Form form = Form::dense;
  Element element = Element::f64;
  std::uint64_t length = 0;  // d, or the side of a symmetric matrix
  std::uint64_t count = 0;   // stored elements
  Bytes data;

  /// Data and 16 bytes of header: what the wire protocol is charged.
  std::uint64_t encoded_size() const { return data.size() + 16; }
  /// The elements of a dense, packed or scalars block in f64, without a copy.
  std::span<const double> doubles() const;
  std::span<double> mutable_doubles();
  /// Indices of a sparse block, ascending.
  std::vector<std::uint32_t> indices() const;
  /// Every coordinate as double; zeros where a sparse block has none.
  Vec to_vec() const;
  /// out ← out + a · this, coordinates in order.
  void add_to(double a, std::span<double> out) const;
  /// The stored elements as double; out has `count`.
  void copy_elements(std::span<double> out) const;
  /// Of the stored elements; not finite if one of them is not, or if the square overflows. 0 for
  /// seeds.
  double squared_norm() const;
  /// Sizes agree with form, element, length and count; sparse indices ascend and are in range;
  /// codes are those of levels that exist.
  Result<void> validate() const;

  friend bool operator==(const Block&, const Block&) = default;
  template <class V>
  void fields(V&& v) {
    v("name", name);
    v("form", form);
    v("element", element);
    v("length", length);
    v("count", count);
    v("data", data);
  }
};

/// Elements are rounded when the block is formed, on every transport alike.
Block dense_block(std::string name, std::span<const double> x, Element element = Element::f64);
Block scalars_block(std::string name, std::span<const double> x);
Block seed_block(std::string name, std::uint64_t seed);
Block sparse_block(std::string name, std::uint64_t length, std::span<const std::uint32_t> indices,
                   std::span<const double> values, Element element = Element::f64);
/// The same with indices in few bits.
Block coded_sparse_block(std::string name, std::uint64_t length,
                         std::span<const std::uint32_t> indices, std::span<const double> values,
                         Element element = Element::f64);
/// The same at indices that a seed stands for.
Block seeded_sparse_block(std::string name, std::uint64_t length, std::uint64_t seed,
                          std::span<const double> values, Element element = Element::f64);
/// `count` different indices below `length`, ascending, each set equally likely.
std::vector<std::uint32_t> seeded_indices(std::uint64_t seed, std::uint64_t count,
                                          std::uint64_t length);
/// Data, without what every block has, of coded_sparse_block and seeded_sparse_block.
std::uint64_t coded_sparse_bytes(std::uint64_t length, std::uint64_t count, Element element);
std::uint64_t seeded_sparse_bytes(std::uint64_t count, Element element);
/// Of `length` numbers, to be written by a QuantizedWriter.
Block quantized_block(std::string name, std::uint64_t length, const Quantization& quantization);
/// `indices` are packed indices.
Block sparse_symmetric_block(std::string name, std::uint64_t side,
                             std::span<const std::uint32_t> indices,
                             std::span<const double> values);

class Payload {
 public:
  std::vector<Block> blocks;

  const Block* find(std::string_view name) const;
  /// Aborts when the block is absent: the method asked for what it did not declare.
  const Block& at(std::string_view name) const;
  std::uint64_t encoded_size() const;

  friend bool operator==(const Payload&, const Payload&) = default;
  template <class V>
  void fields(V&& v) {
    v("blocks", blocks);
  }
};

}  // namespace cohort
