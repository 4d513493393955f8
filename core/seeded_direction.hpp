#pragma once
// Directions that a random stream stands for: made a block at a time, never stored. So whoever
// knows the seed can step along one, and a step of any length needs no second vector.
//
//   z [d]     gaussian N(0, I), rademacher ±1, or coordinate e_j; times a factor
//   y ← y + a z   has the bits of kernels::axpy with z written out

#include <cstdint>
#include <span>

#include "core/random.hpp"

namespace cohort {

struct SeededDirection {
  enum class Law : std::uint8_t { gaussian, rademacher, coordinate };

  Law law = Law::gaussian;
  Stream stream;                 // of gaussian and rademacher: coordinate i is its number i
  std::uint64_t coordinate = 0;  // j of e_j
  double factor = 1;

  /// out[i] ← z_{first + i}
  void fill(std::span<double> out, std::uint64_t first = 0) const;
};

/// y ← y + a z; memory O(1).
void add_seeded(double a, const SeededDirection& z, std::span<double> y);
/// ‖z‖² over d coordinates; memory O(1). Sums blocks of `coordinate_block` in order.
double squared_norm(const SeededDirection& z, std::uint64_t d);

/// a z, a term of a point x + Σ a_k z_k.
struct SeededTerm {
  double coefficient = 0;
  SeededDirection direction;
};

}  // namespace cohort
