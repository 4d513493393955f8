#pragma once
// Dense linear algebra that needs a decomposition. Compiled once, on Eigen-owned matrices, so that
// its bits depend neither on the caller nor on the instruction set of the kernels.

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

}  // namespace cohort
