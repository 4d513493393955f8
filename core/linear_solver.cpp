#include "core/linear_solver.hpp"

#include <fmt/format.h>

#include <limits>

namespace cohort {

namespace {
/// Of a product whose terms were added in any order.
constexpr double rounding = 64 * std::numeric_limits<double>::epsilon();
}  // namespace

Result<void> check_curvature(VecView p, VecView hp) {
  const double curvature = kernels::dot(as_span(p), as_span(hp));
  const double size = kernels::norm(as_span(p)) * kernels::norm(as_span(hp));
  if (!(curvature < -rounding * size)) return {};
  return bad_input(fmt::format(
      "the Hessian of the lower level is indefinite: its curvature along a direction is "
      "{:.3g}; implicit differentiation needs a lower level that is strongly convex",
      curvature / kernels::squared_norm(as_span(p))));
}

}  // namespace cohort
