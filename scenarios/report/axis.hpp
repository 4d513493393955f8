#pragma once
// From values to positions, and where the ticks go. Logarithms come from core/kernels: the bits of
// a figure do not depend on the machine.

#include <limits>
#include <span>
#include <string>
#include <vector>

#include "scenarios/report/figures.hpp"

namespace cohort::report {

/// Whether an axis of this scale has a place for the value: finite and within ±1e300; on a log axis
/// also at least 1e-300.
bool is_shown(Scale scale, double value);

/// The smallest and the largest of what an axis shows.
class Extent {
 public:
  explicit Extent(Scale scale) : scale_(scale) {}
  void add(double value);
  void add(std::span<const double> values);
  bool is_empty() const { return low_ > high_; }
  double low() const { return low_; }
  double high() const { return high_; }
  /// All that is shown are whole numbers: rounds, counts.
  bool is_whole() const { return is_whole_; }
  /// Finite values that a log axis cannot show.
  std::size_t dropped() const { return dropped_; }

 private:
  Scale scale_;
  double low_ = std::numeric_limits<double>::infinity();
  double high_ = -std::numeric_limits<double>::infinity();
  std::size_t dropped_ = 0;
  bool is_whole_ = true;
};

struct Limits {
  double low = 0.0;
  double high = 1.0;
  bool operator==(const Limits&) const = default;
};

/// The extent with `margin` (a share of its length) on both sides, or the axis's own limits where
/// it has them; low < high always. A margin does not cross zero. A single value gets room on both
/// sides.
Limits limits_of(const Axis& axis, const Extent& extent, double margin);

/// The position of a value on an axis that reaches from `begin` (low) to `end` (high).
class Placement {
 public:
  Placement(Scale scale, Limits limits, double begin, double end);
  /// Of a value that is_shown(); it may lie outside [begin, end].
  double operator()(double value) const;

 private:
  double on_scale(double value) const;
  Scale scale_;
  double low_, high_;  // on the scale
  double begin_, end_;
};

struct Tick {
  double value = 0.0;
  std::string label;  // empty: a minor tick
};

struct Ticks {
  std::vector<Tick> ticks;  // ascending, within the limits
  std::string unit;         // of the labels, for the label of the axis: "MB"; empty: none
};

enum class Direction { across, up };

/// Ticks at round values, as many as fit in `length` points with labels of `size` points.
///   linear  multiples of 1, 2 or 5 times a power of ten; of 3 or 4 where else only one would fit
///   log     decades, or every k-th; with 1, 2, 5 or as on a linear axis where decades are too few
/// With `is_whole` none between whole numbers. From 1e6 on and below 1e-3 labels are of the form
/// 2×10⁶. With a unit, numbers are scaled: seconds to ns … d, others by powers of 1000.
Ticks ticks_of(const Axis& axis, Limits limits, double length, Direction direction, double size,
               bool is_whole = false);

/// Fixed point with a true minus sign and, from 10 000 on, groups of three.
std::string fixed_text(double value, int decimals);

/// A value as a reader wants it: "0.0125", "1.2×10⁻⁷", "12 000"; with a unit "12.5 MB".
std::string short_text(double value, const std::string& unit = "", int significant = 3);

}  // namespace cohort::report
