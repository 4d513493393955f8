#pragma once
// What the compressors to another element share: f32 and bf16 are forms of the wire, which rounds
// to nearest, ties to even, through f32.

#include "algorithms/compressor.hpp"

namespace cohort::compression {

/// 1 − u² for a largest relative error u of a coordinate; below the smallest normal number of the
/// element, where the error is absolute, it does not hold.
inline double delta_of_rounding(double u) { return 1 - u * u; }
inline constexpr double error_of_f32 = 0x1p-24;
inline constexpr double error_of_bf16 = 0x1p-8 + 0x1p-24;  // rounded twice

inline double rounding_error(Element element) {
  return element == Element::f32 ? error_of_f32 : element == Element::bf16 ? error_of_bf16 : 0;
}
inline void round_block(Block& block, Element element) {
  block = dense_block(std::move(block.name), block.doubles(), element);
}

}  // namespace cohort::compression
