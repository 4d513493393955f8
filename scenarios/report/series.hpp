#pragma once
// Series: the runs that differ in nothing but their seeds, and what to call them.

#include <string>
#include <vector>

#include "scenarios/report/records.hpp"

namespace cohort::report {

struct RunSeries {
  /// What sets it apart from the others: "krum, alpha=0.1". Empty if there are no others.
  std::string label;
  std::string case_name;
  std::vector<std::string> legend;  // [SeriesSet::legend] values, empty where it has no such option
  std::vector<Run> runs;            // ascending by seeds, each once

  std::size_t count(Status status) const;
  /// One that has a scenario, if there is any.
  const Run& first() const;
};

/// An option in which series differ, and the shortest end of its path that is unambiguous; that of
/// aggregation.rule.type is "rule".
struct LegendOption {
  std::string path;
  std::string name;
};

struct SeriesSet {
  std::vector<RunSeries> series;     // in the order of their first runs
  std::vector<LegendOption> legend;  // in the order of the scenario
  std::vector<std::string> notes;    // runs that are there twice, of which one counts
};

/// An option is in the legend if it differs between two series of the same case; between all series
/// if there are no cases. What only one algorithm has says nothing beside the algorithm's name, and
/// a table that a series lacks is "no byzantine". Points without a scenario go to the series of the
/// same case and grid.
SeriesSet group_runs(std::vector<Run> runs);

}  // namespace cohort::report
