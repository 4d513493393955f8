#pragma once
// Products of matrices whose bits matter (DESIGN section 4.3): what neural networks are made of.
//
//   nn   C = A B     A [m × k], B [k × n]
//   nt   C = A Bᵀ    A [m × k], B [n × k]
//   tn   C = Aᵀ B    A [k × m], B [k × n]          C [m × n]; all row-major
//
// An element is one chain of fused multiply-adds in ascending k, s ← fma(a_ik, b_kj, s): the same
// bits with AVX2 and with AVX-512, in whatever product a row of A meets a column of B. A NaN that
// leaves is always the same quiet NaN. Nothing allocates; C does not overlap A, B or the room.

#include <cstddef>
#include <span>

namespace cohort::kernels {

enum class Product { nn, nt, tn };

struct ProductShape {
  std::size_t m = 0, n = 0, k = 0;
};

/// A row-major matrix, `stride` elements from one row to the next.
template <class T>
struct MatrixRef {
  T* first = nullptr;
  std::size_t stride = 0;
};

/// Elements of working memory that a product needs, where B is repacked; enough for all with a
/// smaller n or k.
std::size_t gemm_room(const ProductShape& shape);

/// C ← A B, or, if `continues`, C ← C + A B, each chain starting from its element of C.
void gemm(Product form, const ProductShape& shape, MatrixRef<const float> a,
          MatrixRef<const float> b, MatrixRef<float> c, bool continues, std::span<float> room);
void gemm(Product form, const ProductShape& shape, MatrixRef<const double> a,
          MatrixRef<const double> b, MatrixRef<double> c, bool continues, std::span<double> room);

/// C ← A B, or, if `adds`, C ← C + (A B), by chains from zero in the precision of A and B, stored
/// and added in double.
void gemm_sum(Product form, const ProductShape& shape, MatrixRef<const float> a,
              MatrixRef<const float> b, MatrixRef<double> c, bool adds, std::span<float> room);
void gemm_sum(Product form, const ProductShape& shape, MatrixRef<const double> a,
              MatrixRef<const double> b, MatrixRef<double> c, bool adds, std::span<double> room);

/// to [columns × rows] ← fromᵀ, from [rows × columns].
void transpose(std::size_t rows, std::size_t columns, MatrixRef<const float> from,
               MatrixRef<float> to);
void transpose(std::size_t rows, std::size_t columns, MatrixRef<const double> from,
               MatrixRef<double> to);

namespace detail {

template <class T>
struct GemmTask {
  ProductShape shape;
  bool a_is_transposed;
  bool b_is_transposed;
  MatrixRef<const T> a;
  MatrixRef<const T> b;
  MatrixRef<T> c;           // or
  MatrixRef<double> total;  // first is null in the other
  bool continues;           // from c, or adds to total
  T* room;
};

}  // namespace detail

}  // namespace cohort::kernels
