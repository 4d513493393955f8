#pragma once
// Products of compressed rows with vectors of double: what an objective with sparse data spends its
// time in. One form for all instruction sets: gathers and scatters of AVX-512 do not pay here.
//
// What costs is not the arithmetic but the loads and stores, and above all the branch that ends a
// row of a length that was not foreseen. So there is one loop for each length modulo 16, without a
// branch among the non-zeros, and rows that follow one another and are equally long share a call:
// sort rows by length (problems/data/store.hpp does).

#include <cstddef>
#include <cstdint>
#include <span>

namespace cohort::kernels {

/// Row i is the elements offsets[i] … offsets[i + 1) of index and value; a row may be empty. Value
/// is double or float. Neither the offsets nor the indices, which must be below the size of the
/// dense vector, are checked here: the reader of the data did.
template <class Value>
struct CompressedRows {
  std::span<const std::uint64_t> offsets;  // [rows + 1]
  const std::uint32_t* index;
  const Value* value;
};

/// z[i · stride] ← c + Σ_k value_k x[index_k] over row i, fused: 4 lanes, lane l takes the k ≡ l
/// (mod 4), folded (0 + 2) + (1 + 3). Relative to Σ |value_k x[index_k]| the error of the sum is at
/// most (⌈n/4⌉ + 3) 2^−53.
void sparse_dots(const CompressedRows<double>& rows, std::span<const double> x, double c, double* z,
                 std::size_t stride);
void sparse_dots(const CompressedRows<float>& rows, std::span<const double> x, double c, double* z,
                 std::size_t stride);

/// y[index_k] ← a[i · stride] value_k + y[index_k], fused, in the order of the rows and of k. The
/// indices of a row may repeat.
void sparse_axpys(const double* a, std::size_t stride, const CompressedRows<double>& rows,
                  std::span<double> y);
void sparse_axpys(const double* a, std::size_t stride, const CompressedRows<float>& rows,
                  std::span<double> y);

}  // namespace cohort::kernels
