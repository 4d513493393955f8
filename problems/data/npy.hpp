#pragma once
// NumPy's .npy, one array a file: versions 1 to 3, C order, elements of type f4, f8, i1 … i8,
// u1 … u8 or b1 of either byte order. Source: numpy.lib.format.

#include <cstddef>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "problems/data/number_array.hpp"

namespace cohort {

/// The first bytes of every .npy.
inline constexpr std::string_view npy_magic("\x93NUMPY", 6);

/// Errors (bad_input) name the source, and what was expected and found: Fortran order, another
/// element type, a header that is none, too few bytes.
Result<NumberArray> read_npy(ByteSource& source);

/// Version 1, little-endian; the data begin at a multiple of 64 bytes.
std::vector<std::byte> npy_bytes(const NumberArray& array);

}  // namespace cohort
