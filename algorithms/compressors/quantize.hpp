#pragma once
// The loops that quantizers share: 64 coordinates at a time, without a branch on data. A coordinate
// is rounded up or down by one number of 32 bits, so that E C(x) = x up to 2^−33 of a level.

#include "algorithms/compressor.hpp"

namespace cohort::compression {

/// Scales below this are 0, and all that they scale: their reciprocal would overflow.
inline constexpr double smallest_scale = 0x1p-960;

/// level = ⌊s |x_j| / scale + u_j⌋ for a `scale_of` each bucket, at least max |x_j| of it.
void quantize_linear(const Quantization& quantization, double (*scale_of)(std::span<const double>),
                     const Stream& stream, Block& block);

/// Between the powers 2^(1 − c) scale, c = 1 … s, and 0; scale = ‖x‖₂ of each bucket.
void quantize_geometric(const Quantization& quantization, const Stream& stream, Block& block);

/// Between powers of two, of which `quantization` says how many; the scale is the least power of
/// two above max |x_j|. What is below all of them becomes 0.
void quantize_powers(const Quantization& quantization, const Stream& stream, Block& block);

/// The sign of each coordinate, set for x_j < 0 (and −0), times the mean of all |x_j|.
void quantize_signs(Block& block);

/// binary16 of x_j / scale, the scale being the power of two with max |x_j| / scale in [2^14,
/// 2^15).
void quantize_halves(Block& block);

}  // namespace cohort::compression
