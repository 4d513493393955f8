#pragma once
// The tables of a report.

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "scenarios/report/curves.hpp"
#include "scenarios/report/page.hpp"
#include "scenarios/report/series.hpp"
#include "scenarios/report/statistics.hpp"

namespace cohort::report {

/// A metric of a series at the end of its runs: of the finished ones, or, if there are none, what
/// the unfinished ones have so far. Diverged runs have no end.
struct Final {
  SeededValues values;
  Estimate estimate;
  Mark mark = Mark::plain;
};
/// [series] Marked are series that have finished runs, of which none diverged, where it is known
/// which way is better.
std::vector<Final> finals(const SeriesSet& set, const Quantity& quantity);

/// "finished 3 of 5, diverged 2"; empty if all are finished.
std::string status_text(const RunSeries& series);

/// Mean ± interval a metric, best and tied ones marked.
Table final_table(const SeriesSet& set, std::span<const Quantity> metrics);
/// Costs until a target was first seen reached: rounds, bytes, simulated time where it was
/// recorded, and x.
Table target_table(const SeriesSet& set, std::span<const Target> targets, Abscissa x);
/// Differences to a series on shared seeds; to the best of each metric if none is named.
Table paired_table(const SeriesSet& set, std::span<const Quantity> metrics,
                   std::optional<std::size_t> baseline);
/// Every run; beyond `most` of them only those that are not finished.
Table runs_table(const SeriesSet& set, std::size_t most);
/// The options that differ, one column a series; no rows for more than `most` series.
Table differing_options_table(const SeriesSet& set, std::size_t most);
/// The options that all series share.
Table common_options_table(const SeriesSet& set);

/// Tidy CSV with a header: one row a series and metric; a run and metric; a run and target; a point
/// of a curve.
std::string finals_csv(const SeriesSet& set, std::span<const Quantity> metrics);
std::string runs_csv(const SeriesSet& set, std::span<const Quantity> metrics);
std::string targets_csv(const SeriesSet& set, std::span<const Target> targets);
std::string curves_csv(const SeriesSet& set, std::span<const Quantity> metrics, Abscissa x,
                       Band band);

}  // namespace cohort::report
