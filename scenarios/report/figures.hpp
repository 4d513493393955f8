#pragma once
// What a figure shows, as plain values. draw.hpp makes SVG of them, page.hpp puts them on a page.
//
// In every figure:
//   text                UTF-8, of any length and with any characters
//   a value that is not finite    a gap
//   a value ≤ 0 on a log axis     not drawn, and counted in a note under the figure
//   nothing to draw               a figure that says "no data"

#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace cohort::report {

inline constexpr double none = std::numeric_limits<double>::quiet_NaN();

enum class Scale { linear, log };

struct Axis {
  std::string label{};
  Scale scale = Scale::linear;
  /// "B", "s", … : numbers carry SI prefixes (20 MB). Empty: plain numbers and powers of ten.
  std::string unit{};
  /// Limits; where absent, the data and straight guides decide. What lies outside is cut off.
  std::optional<double> low{};
  std::optional<double> high{};
};

/// One of the looks (colour, dashes, marker), so that a method looks the same in every figure of a
/// report. Absent: its position in the figure.
using Look = std::optional<std::size_t>;

/// A curve, with a band where `low` and `high` are given.
struct Series {
  std::string name{};
  std::vector<double> x{};     // [n] ascending
  std::vector<double> y{};     // [n]
  std::vector<double> low{};   // [n] or empty
  std::vector<double> high{};  // [n] or empty
  Look look{};
};

/// A thin grey line that data is compared with: a target, a bound, a predicted rate.
struct Guide {
  std::string label{};
  std::vector<double> x{};  // empty: horizontal at y[0]
  std::vector<double> y{};  // empty: vertical at x[0]
};
inline Guide horizontal(std::string label, double y) { return {std::move(label), {}, {y}}; }
inline Guide vertical(std::string label, double x) { return {std::move(label), {x}, {}}; }

/// Curves with bands over seeds.
struct CurveFigure {
  std::string title{};        // for those who cannot see it; captions belong to the page
  std::string description{};  // likewise, a sentence or two
  Axis x{};
  Axis y{};
  std::vector<Series> series{};
  std::vector<Guide> guides{};
  /// A value holds until the next one: phase times, imbalance, f over rounds.
  bool is_stepped = false;
};

/// One row of an interval figure.
struct Interval {
  std::string label{};
  double value = none;  // not finite: the row shows its note alone
  double low = none;
  double high = none;
  std::vector<double> points{};  // what the interval summarises: one a seed
  std::string note{};            // "not reached 2 of 5"
  Look look{};
};

/// Dots, or bars from zero, with intervals: one row each, labels at the left. To-target costs,
/// final values.
struct IntervalFigure {
  std::string title{};
  std::string description{};
  Axis value{};
  std::vector<Interval> rows{};
  /// Bars start at zero; on a log axis dots are drawn all the same.
  bool is_bars = false;
  std::vector<Guide> guides{};  // vertical ones
};

/// A metric of every client.
struct Sample {
  std::string name{};
  std::vector<double> values{};  // [clients], in any order
  Look look{};
};

/// How a metric is distributed over clients.
///   ecdf       the share of clients at or below a value; exact up to 200 clients a sample, else
///   its
///              200 quantiles
///   histogram  equal bins over all samples, between 5 and 50; their width 2 IQR n^(−1/3) (Freedman
///              and Diaconis, 1981), the largest of the samples
struct DistributionFigure {
  enum class Form { ecdf, histogram };
  std::string title{};
  std::string description{};
  Axis value{};
  std::vector<Sample> samples{};
  Form form = Form::ecdf;
};

/// Colours in a table, with a colour bar. A value that is not finite is hatched.
/// More than 200 columns are joined into at most 200 of ⌈columns / 200⌉ neighbours each, which show
/// the mean of those that are finite; the figure says so.
struct HeatMap {
  std::string title{};
  std::string description{};
  std::string row_label{};
  std::string column_label{};
  Axis value{};                        // of the colour bar
  std::vector<std::string> rows{};     // [r] names, from the top
  std::vector<std::string> columns{};  // [c] names, or empty: numbered from 0
  std::vector<double> values{};        // [r × c] row-major
  /// Written in the cells; absent: nothing is.
  std::optional<int> decimals{};
  /// [r × c] or empty: written in the cells instead of the values.
  std::vector<std::string> texts{};
};

/// Stacked bars: the phases of a round, one bar a run or rank.
struct StackFigure {
  struct Bar {
    std::string label{};
    std::vector<double> values{};  // [parts] ≥ 0
    std::string note{};            // at its end: "imbalance 1.32"
  };
  std::string title{};
  std::string description{};
  Axis value{};                      // linear
  std::vector<std::string> parts{};  // in the order in which they are stacked
  std::vector<Bar> bars{};
};

/// A value against an option, one point a setting; the best of each series is ringed. A value that
/// is not finite (a diverged run) is a cross at the upper edge (at the lower one where higher is
/// better).
struct SensitivityFigure {
  std::string title{};
  std::string description{};
  Axis option{};  // Scale::log for a learning rate
  Axis value{};
  std::vector<Series> series{};
  bool higher_is_better = false;
};

using Figure = std::variant<CurveFigure, IntervalFigure, DistributionFigure, HeatMap, StackFigure,
                            SensitivityFigure>;

}  // namespace cohort::report
