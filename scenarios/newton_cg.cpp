#include "scenarios/newton_cg.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/kernels.hpp"

namespace cohort {

namespace {

constexpr double sufficient_decrease = 1e-4;
constexpr int halvings = 40;
/// Of F, which is a sum of many terms.
constexpr double rounding = 64 * std::numeric_limits<double>::epsilon();

double dot(const Vec& a, const Vec& b) { return kernels::dot(as_span(a), as_span(b)); }
double norm(const Vec& a) { return kernels::norm(as_span(a)); }

/// s with ‖∇²F(w) s + g‖ ≤ `tolerance`, or the best after d + 10 products.
Result<Vec> newton_direction(const SmoothConvex& f, const Vec& w, const Vec& g, double tolerance) {
  Vec s = Vec::Zero(g.size()), residual = -g, p = residual, hp(g.size());
  double rr = dot(residual, residual);
  for (Index k = 0; k < g.size() + 10 && std::sqrt(rr) > tolerance; ++k) {
    COHORT_DO(f.hvp(w, p, hp));
    const double curvature = dot(p, hp);
    if (curvature < -rounding * norm(p) * norm(hp)) {
      return bad_input(
          fmt::format("the function is not convex: its curvature along a direction is {:.3g}",
                      curvature / dot(p, p)));
    }
    if (!(curvature > 0)) break;  // flat along p
    const double a = rr / curvature;
    s += a * p;
    residual -= a * hp;
    const double next = dot(residual, residual);
    p = residual + (next / rr) * p;
    rr = next;
  }
  return s;
}

}  // namespace

Result<Minimiser> minimise(const SmoothConvex& f, Vec start, const NewtonLimits& limits) {
  Minimiser m;
  m.x = std::move(start);
  Vec g(m.x.size()), trial_g(m.x.size());
  COHORT_TRY(m.value, f.gradient(m.x, g));
  m.gradient_norm = norm(g);
  const double first = m.gradient_norm, unit = std::max(1.0, first);
  while (m.gradient_norm > limits.tolerance * unit && m.steps < limits.steps) {
    const double forcing = std::min(0.5, std::sqrt(m.gradient_norm / first));
    COHORT_TRY(const Vec s, newton_direction(f, m.x, g, forcing * m.gradient_norm));
    const double slope = dot(g, s);
    double t = 1;
    bool moved = false;
    for (int k = 0; k < halvings && !moved; ++k, t /= 2) {
      const Vec trial = m.x + t * s;
      COHORT_TRY(const double value, f.gradient(trial, trial_g));
      const double wanted = sufficient_decrease * t * slope;
      const double noise = rounding * std::abs(m.value);
      const double trial_norm = norm(trial_g);
      moved = -wanted > noise ? value <= m.value + wanted
                              : value <= m.value + noise && trial_norm < m.gradient_norm;
      if (!moved) continue;
      m.x = trial;
      m.value = value;
      m.gradient_norm = trial_norm;
      g.swap(trial_g);
    }
    if (!moved) break;  // no step is better than rounding
    ++m.steps;
  }
  if (!(m.gradient_norm <= limits.acceptable * unit)) {
    return bad_input(fmt::format(
        "no minimiser was found: the gradient's norm is {:.3g} after {} Newton steps, {:.3g} at "
        "the start; a regulariser (l2 > 0) makes sure that there is one",
        m.gradient_norm, m.steps, first));
  }
  return m;
}

}  // namespace cohort
