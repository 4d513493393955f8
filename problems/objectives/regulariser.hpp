#pragma once
// What a linear model adds to its losses: r(w) = Σ_i ρ(w_i) over the coordinates that it counts,
//   ρ(t) = (λ/2) t² + ν t²/(1 + t²) + κ min{|t|, α}.
// |ρ''| ≤ λ + 2ν where κ = 0. The part with κ has kinks at 0 and ±α, where ρ' is the subgradient 0.

#include <span>

#include "core/oracle.hpp"

namespace cohort {

struct Regulariser {
  double l2 = 0;         // λ
  double nonconvex = 0;  // ν
  double capped_l1 = 0;  // κ
  double cap = 1;        // α

  bool is_zero() const { return l2 == 0 && is_quadratic(); }
  bool is_quadratic() const { return nonconvex == 0 && capped_l1 == 0; }
  bool is_smooth() const { return capped_l1 == 0; }

  /// r(w)
  double value(std::span<const double> w) const;
  /// g_i ← ρ'(w_i)
  void gradient(std::span<const double> w, std::span<double> g) const;
  /// Σ ρ'(w_i) v_i
  double slope(std::span<const double> w, std::span<const double> v) const;
  /// out_i ← ρ''(w_i) v_i
  void curvature(std::span<const double> w, std::span<const double> v, std::span<double> out) const;
  /// r(w + t v) and its derivatives by t to order `order` ≤ 3.
  LinePoint along(std::span<const double> w, std::span<const double> v, double t, int order) const;
  /// ρ and its derivatives at t.
  LinePoint at(double t) const;
};

}  // namespace cohort
