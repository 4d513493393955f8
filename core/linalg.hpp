#pragma once
// Dense linear algebra that needs a decomposition. Compiled once, on Eigen-owned matrices, so that
// its bits depend neither on the caller nor on the instruction set of the kernels.

#include <cstddef>
#include <span>
#include <vector>

#include "core/result.hpp"
#include "core/vec.hpp"

namespace cohort {

/// x with A x = b for a symmetric positive definite A [d × d], of which the lower triangle is read;
/// by Cholesky. Error (bad_input): A is not positive definite to working precision.
Result<Vec> solve_spd(const Mat& a, const Vec& b);

struct Eigenpair {
  double value = 0;
  Vec vector;  // of norm 1; its entry of largest magnitude is positive
};
/// The largest eigenvalue of a symmetric A [d × d], d ≥ 1, finite, of which the lower triangle is
/// read, and its vector, by a full decomposition: O(d³).
Eigenpair top_eigenpair(const Mat& a);

struct Eigensystem {
  Vec values;   // [d] ascending
  Mat vectors;  // [d × d] in columns, orthonormal; empty if they were not asked for
};
/// Of a symmetric A [d × d], d ≥ 1, finite, of which the lower triangle is read: O(d³).
Eigensystem symmetric_eigensystem(const Mat& a, bool with_vectors = true);

/// The orthogonal Q [d × d] that maximises ⟨Q, A⟩, d ≥ 1, A finite: U Vᵀ of A = U Σ Vᵀ.
Mat nearest_orthogonal(const Mat& a);

/// L Lᵀ = A of a symmetric positive definite A [n × n] that grows and shrinks by a row and column
/// at a time, O(n²) each, where a factorisation anew is O(n³).
class GrowingCholesky {
 public:
  std::size_t size() const { return size_; }
  void clear() { size_ = 0; }
  /// A gets a last row: `row` [n] and `diagonal`. False, and nothing happens, if it would not be
  /// positive definite to working precision, or not finite.
  bool append(std::span<const double> row, double diagonal);
  /// A loses row and column i < n; those behind it move up. Of the factor only what is behind i
  /// changes, by a rank-one update, which is stable.
  void remove(std::size_t i);
  /// b [n] ← L⁻¹ b
  void solve_lower(std::span<double> b) const;
  /// b [n] ← A⁻¹ b
  void solve(std::span<double> b) const;
  /// A⁻¹, O(n³)
  Mat inverse() const;
  /// L
  Mat factor() const;

 private:
  std::span<double> row(std::size_t i) { return {lower_.data() + i * stride_, i + 1}; }
  std::span<const double> row(std::size_t i) const { return {lower_.data() + i * stride_, i + 1}; }

  std::size_t size_ = 0;
  std::size_t stride_ = 0;
  std::vector<double> lower_;  // row i of L from i · stride
};

}  // namespace cohort
