#include "problems/objectives/regulariser.hpp"

#include <algorithm>
#include <cmath>

#include "core/kernels.hpp"
#include "core/vec.hpp"

namespace cohort {

namespace {

/// Σ_i term(i) for i < n, by chunks in order.
template <class Term>
double sum_of(std::size_t n, const Term& term) {
  constexpr std::size_t chunk = 256;
  double terms[chunk];
  double total = 0;
  for (std::size_t first = 0; first < n; first += chunk) {
    const std::size_t count = std::min(chunk, n - first);
    for (std::size_t i = 0; i < count; ++i) terms[i] = term(first + i);
    total += kernels::sum({terms, count});
  }
  return total;
}

}  // namespace

LinePoint Regulariser::at(double t) const {
  LinePoint p{0.5 * l2 * t * t, l2 * t, l2, 0};
  if (nonconvex != 0) {
    const double q = 1 / (1 + t * t);
    p.value += nonconvex * t * t * q;
    p.first += nonconvex * 2 * t * q * q;
    p.second += nonconvex * (2 - 6 * t * t) * q * q * q;
    p.third += nonconvex * 24 * t * (t * t - 1) * q * q * q * q;
  }
  if (capped_l1 != 0) {
    const double size = std::abs(t);
    p.value += capped_l1 * std::min(size, cap);
    if (size > 0 && size < cap) p.first += std::copysign(capped_l1, t);
  }
  return p;
}

double Regulariser::value(std::span<const double> w) const {
  if (is_zero()) return 0;
  if (is_quadratic()) return 0.5 * l2 * kernels::squared_norm(w);
  return sum_of(w.size(), [&](std::size_t i) { return at(w[i]).value; });
}

void Regulariser::gradient(std::span<const double> w, std::span<double> g) const {
  if (is_zero()) {
    as_vec(g).setZero();
    return;
  }
  if (is_quadratic()) {
    as_vec(g) = l2 * as_vec(w);
    return;
  }
  for (std::size_t i = 0; i < w.size(); ++i) g[i] = at(w[i]).first;
}

double Regulariser::slope(std::span<const double> w, std::span<const double> v) const {
  if (is_zero()) return 0;
  if (is_quadratic()) return l2 * kernels::dot(w, v);
  return sum_of(w.size(), [&](std::size_t i) { return at(w[i]).first * v[i]; });
}

void Regulariser::curvature(std::span<const double> w, std::span<const double> v,
                            std::span<double> out) const {
  if (is_zero()) {
    as_vec(out).setZero();
    return;
  }
  if (is_quadratic()) {
    as_vec(out) = l2 * as_vec(v);
    return;
  }
  for (std::size_t i = 0; i < w.size(); ++i) out[i] = at(w[i]).second * v[i];
}

LinePoint Regulariser::along(std::span<const double> w, std::span<const double> v, double t,
                             int order) const {
  const auto sum = [&](int k, double LinePoint::*derivative) {
    return sum_of(w.size(), [&](std::size_t i) {
      double term = at(w[i] + t * v[i]).*derivative;
      for (int power = 0; power < k; ++power) term *= v[i];
      return term;
    });
  };
  LinePoint p{sum(0, &LinePoint::value), 0, 0, 0};
  if (order >= 1) p.first = sum(1, &LinePoint::first);
  if (order >= 2) p.second = sum(2, &LinePoint::second);
  if (order >= 3) p.third = sum(3, &LinePoint::third);
  return p;
}

}  // namespace cohort
