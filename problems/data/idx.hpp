#pragma once
// IDX, the format of the MNIST family: bytes 0, 0, element type, number of dimensions, the sizes as
// 32-bit numbers, then the elements, all big-endian and row-major. Types: 0x08 unsigned byte, 0x09
// signed byte, 0x0B short, 0x0C int, 0x0D float, 0x0E double.
// Source: Y. LeCun, C. Cortes, C. Burges, The MNIST database of handwritten digits.

#include "core/result.hpp"
#include "problems/data/number_array.hpp"

namespace cohort {

/// Unsigned bytes of images and the like are shares of 255: what table_of() divides them by.
inline constexpr double idx_byte_unit = 255.0;

/// Errors (bad_input) name the file and what was expected and found.
Result<NumberArray> read_idx(ByteSource& source);

}  // namespace cohort
