#pragma once
// Checks every answer of a function against its others and against differences of its values:
//
//   const DerivativeReport report = check_derivatives(function, context, sample, w);
//   EXPECT_TRUE(report.passed()) << report.to_string();
//
// What is checked follows from the declared capabilities. The function is to be smooth around w;
// the cost is O(d) values, and O(d²) for the Hessian, so d and the sample should be small.

#include <cstdint>
#include <string>
#include <vector>

#include "core/oracle.hpp"

namespace cohort {

/// Relative to the scale of what is compared: max(1, |f|, the largest entry of either side).
namespace derivative_tolerance {
/// Central differences with h = ε^⅓ have an error of about h² = ε^⅔ = 3.7e-11 of the scale, from
/// truncation and from rounding alike; ×100 for derivatives that are larger than the function.
inline constexpr double difference = 3.7e-9;
/// Two ways to compute the same sum of up to 10^5 terms: their rounding, 10^5 ε, with room.
inline constexpr double rounding = 1e-10;
}  // namespace derivative_tolerance

/// One kind of answer, at its worst coordinate.
struct DerivativeCheck {
  std::string what;            // "gradient = differences of value"
  std::size_t coordinate = 0;  // index in the vector, or i·d + j in a matrix
  double given = 0;
  double expected = 0;
  double tolerance = 0;  // absolute: the relative one times the scale
  bool passed = false;   // |given − expected| ≤ tolerance; false for NaN
};

struct DerivativeReport {
  std::vector<DerivativeCheck> checks;
  bool passed() const;
  /// A line a check that failed (all of them, if `all`): what, where, both numbers, the tolerance.
  std::string to_string(bool all = false) const;
};

/// `seed` draws the directions and weights that are used.
DerivativeReport check_derivatives(const Function& function, Function::Context context,
                                   const Sample& sample, VecView w, std::uint64_t seed = 1);

}  // namespace cohort
