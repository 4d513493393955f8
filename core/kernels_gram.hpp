#pragma once
// Inner products of many rows at once: what a Gram matrix is made of, a block of coordinates at a
// time. The same bits with AVX2 and with AVX-512 (DESIGN section 4.3).

#include <cstddef>
#include <span>

namespace cohort::kernels {

/// out[k] ← ⟨x_i, x_j⟩ over `width` coordinates for i ≤ j < n, k = packed_index(i, j, n):
/// the upper triangle of [n × n], row-major. rows[i] points at the coordinates of row i.
///
/// Each product has 8 virtual lanes; lane l takes the coordinates ≡ l (mod 8) in order, by fused
/// multiply-add, and the lanes are folded as l + (l + 4), l + (l + 2), l + (l + 1). The bits of
/// ⟨x_i, x_j⟩ do not depend on the other rows. Rows stay in cache if a few times width · 8 bytes
/// do; each is read about n/24 times from where it lies.
void gram(std::span<const double* const> rows, std::size_t width, std::span<double> out);
/// The bits of the same numbers in double.
void gram(std::span<const float* const> rows, std::size_t width, std::span<double> out);

}  // namespace cohort::kernels
