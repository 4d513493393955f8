#include "core/index_code.hpp"

#include <bit>

namespace cohort {

namespace {

constexpr std::uint64_t word_bits = 64;

struct Shape {
  unsigned low_bits = 0;  // l
  std::uint64_t low_total = 0;
  std::uint64_t high_total = 0;

  Shape(std::uint64_t count, std::uint64_t length) {
    if (count == 0) return;
    low_bits = static_cast<unsigned>(std::bit_width(length / count)) - 1;
    low_total = count * low_bits;
    high_total = count + ((length - 1) >> low_bits);
  }
  std::uint64_t words() const { return (low_total + high_total + word_bits - 1) / word_bits; }
};

}  // namespace

std::uint64_t index_code_words(std::uint64_t count, std::uint64_t length) {
  return Shape(count, length).words();
}

void encode_indices(std::span<const std::uint32_t> indices, std::uint64_t length,
                    std::span<std::uint64_t> words) {
  const Shape shape(indices.size(), length);
  const std::uint64_t mask = (std::uint64_t{1} << shape.low_bits) - 1;
  for (std::size_t i = 0; i < indices.size(); ++i) {
    const std::uint64_t low = indices[i] & mask;
    const std::uint64_t at = i * shape.low_bits, shift = at % word_bits;
    if (low != 0) {
      words[at / word_bits] |= low << shift;
      if (shift + shape.low_bits > word_bits) {
        words[at / word_bits + 1] |= low >> (word_bits - shift);
      }
    }
    const std::uint64_t one = shape.low_total + (std::uint64_t{indices[i]} >> shape.low_bits) + i;
    words[one / word_bits] |= std::uint64_t{1} << (one % word_bits);
  }
}

std::optional<std::vector<std::uint32_t>> decode_indices(std::span<const std::uint64_t> words,
                                                         std::uint64_t count,
                                                         std::uint64_t length) {
  std::vector<std::uint32_t> indices;
  if (count == 0) return words.empty() ? std::optional(indices) : std::nullopt;
  const Shape shape(count, length);
  if (words.size() != shape.words()) return std::nullopt;
  indices.reserve(count);
  const std::uint64_t mask = (std::uint64_t{1} << shape.low_bits) - 1;
  std::uint64_t above = ~std::uint64_t{0} << (shape.low_total % word_bits);  // of the low bits
  for (std::size_t k = shape.low_total / word_bits; k < words.size(); ++k) {
    for (std::uint64_t ones = words[k] & above; ones != 0; ones &= ones - 1) {
      const std::uint64_t i = indices.size();
      if (i == count) return std::nullopt;
      const std::uint64_t one = k * word_bits + static_cast<unsigned>(std::countr_zero(ones));
      std::uint64_t low = 0;
      if (shape.low_bits != 0) {
        const std::uint64_t at = i * shape.low_bits, shift = at % word_bits;
        low = words[at / word_bits] >> shift;
        if (shift + shape.low_bits > word_bits) {
          low |= words[at / word_bits + 1] << (word_bits - shift);
        }
      }
      const std::uint64_t index = ((one - shape.low_total - i) << shape.low_bits) | (low & mask);
      if (index >= length || (i > 0 && index <= indices.back())) return std::nullopt;
      indices.push_back(static_cast<std::uint32_t>(index));
    }
    above = ~std::uint64_t{0};
  }
  if (indices.size() != count) return std::nullopt;
  return indices;
}

}  // namespace cohort
