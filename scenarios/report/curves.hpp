#pragma once
// Curves over seeds, and when targets were reached.
//
// Runs are put on a common grid, the union of the x at which any of them was evaluated, from where
// all have a value. Between its evaluations and after its end a run keeps its last value.
//
//   t95      mean, and the 95 % interval of the mean by Student's t
//   iqr      median, and the quartiles
//   minmax   mean, least and greatest
//
// On a log axis t95 and minmax take the mean of the logarithms (the geometric mean, whose interval
// cannot pass zero); values that are not positive are taken as the least positive one of the curve.

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/report/quantities.hpp"
#include "scenarios/report/records.hpp"
#include "scenarios/report/series.hpp"

namespace cohort::report {

enum class Band { t95, iqr, minmax };

struct Curve {
  std::vector<double> x;       // ascending
  std::vector<double> centre;  // [x]
  std::vector<double> low;     // [x], or empty for one run
  std::vector<double> high;
  std::size_t runs = 0;
};

Curve curve_of(std::span<const Run* const> runs, std::string_view metric, Abscissa x, Band band,
               Scale scale);

/// At most `most` (≥ 8) points, evenly over the entries: the least and the greatest centre of each
/// piece stay, as do the first and last point and the ends of the band's range.
Curve thinned(const Curve& curve, std::size_t most);

/// The runs that a series is drawn and averaged from: the finished ones; if there are none, the
/// unfinished ones, else the diverged ones (`status` says which).
struct Counted {
  Status status = Status::finished;
  std::vector<const Run*> runs;
};
Counted counted(const RunSeries& series);

/// The last finite value of a metric.
std::optional<double> last_value(const Run& run, std::string_view metric);

/// "accuracy=0.9": reached where the metric is at least that, or at most where lower is better.
struct Target {
  std::string metric;  // flat name
  double value = 0;
  Better better = Better::higher;
};

/// Where in the history the first evaluation is that reached it.
std::optional<std::size_t> first_reached(const Run& run, const Target& target);

struct Reached {
  std::vector<const Run*> runs;  // that reached it
  std::vector<std::size_t> at;   // [runs] entries of their histories
  std::size_t missed = 0;        // finished or diverged without
  std::size_t open = 0;          // unfinished, and not yet there
  /// [runs] with their seeds.
  SeededValues values(Abscissa x) const;
};
Reached reached(const RunSeries& series, const Target& target);

}  // namespace cohort::report
