#pragma once
// Truncated Newton for a smooth convex function, to the accuracy of the arithmetic.
//
//   g ← ∇F(w)
//   until ‖g‖ ≤ ε max(1, ‖∇F(w_0)‖):
//     s ← conjugate gradients on ∇²F(w) s = −g, until ‖residual‖ ≤ min(1/2, √(‖g‖ / ‖g_0‖)) ‖g‖
//     t ← the first of 1, 1/2, 1/4, … with F(w + t s) ≤ F(w) + 10⁻⁴ t gᵀs
//     w ← w + t s
// Where the decrease asked for is below the rounding of F, ‖∇F(w + t s)‖ < ‖g‖ takes the place of
// the test of F. Source: Nocedal and Wright, Numerical Optimization (2006), algorithm 7.1.

#include <cstdint>
#include <functional>

#include "core/result.hpp"
#include "core/vec.hpp"

namespace cohort {

/// F on [d]. Errors end the search.
struct SmoothConvex {
  /// g [d] is overwritten; returns F(w).
  std::function<Result<double>(const Vec& w, Vec& g)> gradient;
  /// out [d] ← ∇²F(w) v
  std::function<Result<void>(const Vec& w, const Vec& v, Vec& out)> hvp;
};

struct NewtonLimits {
  double tolerance = 1e-14;  // ε
  /// What is still an answer where rounding ends the descent earlier, in place of ε.
  double acceptable = 1e-10;
  std::uint64_t steps = 200;
};

struct Minimiser {
  Vec x;
  double value = 0;          // F(x)
  double gradient_norm = 0;  // ‖∇F(x)‖
  std::uint64_t steps = 0;
};

/// Error (bad_input): the curvature is negative along some direction, F is not finite, or the
/// gradient does not become small: F has no minimiser, or is not smooth.
Result<Minimiser> minimise(const SmoothConvex& f, Vec start, const NewtonLimits& limits = {});

}  // namespace cohort
