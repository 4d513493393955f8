#pragma once
// Linear solvers that are fed with products, one at a time, by whoever can make them: a function,
// or an exchange with all clients. A solver is a value that can be saved between two products.
//
//   solver.start(b);
//   while (!solver.is_done()) COHORT_DO(solver.take(product of H with solver.direction()));
//   use solver.solution()
//
// H [n × n] is symmetric. Products that show a negative curvature end in an error that tells it.

#include <cmath>
#include <cstdint>
#include <string>

#include "core/kernels.hpp"
#include "core/result.hpp"
#include "core/vec.hpp"

namespace cohort {

/// Error (bad_input): pᵀHp < 0, beyond what rounding leaves of a product.
Result<void> check_curvature(VecView p, VecView hp);

/// Conjugate gradient from zero: after n products exact, but for rounding.
struct ConjugateGradient {
  std::uint64_t steps = 0;   // at most
  double tolerance = 0;      // of ‖b − Hs‖ relative to ‖b‖
  Vec s{}, residual{}, p{};  // [n]
  double squared = 0;        // ‖residual‖²
  double first = 0;          // ‖b‖²
  std::uint64_t done = 0;

  void start(VecView b) {
    s = Vec::Zero(b.size());
    residual = p = b;
    squared = first = kernels::squared_norm(as_span(residual));
    done = 0;
  }
  bool is_done() const { return done >= steps || !(squared > tolerance * tolerance * first); }
  const Vec& direction() const { return p; }
  const Vec& solution() const { return s; }
  Result<void> take(VecView hp) {
    COHORT_DO(check_curvature(p, hp));
    ++done;
    const double curvature = kernels::dot(as_span(p), as_span(hp));
    if (!(curvature > 0)) {  // flat: nothing more can be had along p
      squared = 0;
      return {};
    }
    const double a = squared / curvature;
    s += a * p;
    residual -= a * hp;
    const double next = kernels::squared_norm(as_span(residual));
    p = residual + (next / squared) * p;
    squared = next;
    return {};
  }
  template <class V>
  void fields(V&& v) {
    v("cg_solution", s);
    v("cg_residual", residual);
    v("cg_direction", p);
    v("cg_squared", squared);
    v("cg_first", first);
    v("cg_done", done);
  }
};

/// The Neumann series s = α Σ_{j ≤ J} (I − αH)^j b by J products, α < 2/‖H‖:
/// s − H⁻¹b = −(I − αH)^{J+1} H⁻¹b. Randomised: s = (J + 1) α (I − αH)^j b with j uniform in 0 … J,
/// which the caller draws, has the mean of the series.
struct NeumannSeries {
  double step = 0;          // α
  std::uint64_t terms = 0;  // J, products of the sum; or j
  std::uint64_t scale = 0;  // J + 1 of the randomised one; 0: the sum
  Vec s{}, term{};          // [n]
  std::uint64_t done = 0;

  void start(VecView b) {
    term = step * b;
    s = term;
    if (scale > 0) s = static_cast<double>(scale) * term;
    done = 0;
  }
  bool is_done() const { return done >= terms; }
  const Vec& direction() const { return term; }
  const Vec& solution() const { return s; }
  Result<void> take(VecView hp) {
    COHORT_DO(check_curvature(term, hp));
    ++done;
    term -= step * hp;
    if (scale == 0) {
      s += term;
    } else {
      s = static_cast<double>(scale) * term;
    }
    return {};
  }
  template <class V>
  void fields(V&& v) {
    v("neumann_terms", terms);
    v("neumann_scale", scale);
    v("neumann_sum", s);
    v("neumann_term", term);
    v("neumann_done", done);
  }
};

/// Gradient descent on ½ sᵀHs − bᵀs from where the last solution was: s ← s − ρ (H s − b).
struct WarmDescent {
  double step = 0;  // ρ
  std::uint64_t steps = 0;
  Vec s{}, b{};  // [n]
  std::uint64_t done = 0;

  void start(VecView right) {
    if (s.size() == 0) s = Vec::Zero(right.size());
    b = right;
    done = 0;
  }
  bool is_done() const { return done >= steps; }
  const Vec& direction() const { return s; }
  const Vec& solution() const { return s; }
  Result<void> take(VecView hs) {
    COHORT_DO(check_curvature(s, hs));
    ++done;
    s -= step * (hs - b);
    return {};
  }
  template <class V>
  void fields(V&& v) {
    v("descent_solution", s);
    v("descent_right", b);
    v("descent_done", done);
  }
};

}  // namespace cohort
