#pragma once
// A report of runs: what came out, with uncertainty, as a page, figures and tables.
//
// Same runs, same bytes: nothing of the page depends on where, when, with how many threads or how
// often interrupted the runs were computed; but for x = wall_seconds.

#include <filesystem>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "scenarios/report/curves.hpp"

namespace cohort::report {

enum class Format {
  html,      // report.html
  svg,       // report-<figure>.svg
  csv,       // report-final.csv, -runs.csv, -curves.csv, -targets.csv
  latex,     // report.tex: the tables
  pgfplots,  // report-<metric>.tex: the curves
};

struct ReportOptions {
  Abscissa x = Abscissa::rounds;
  std::vector<std::string> y{};        // metrics; empty: main_metrics()
  std::vector<std::string> targets{};  // "accuracy=0.9"
  Band band = Band::t95;
  bool is_paired = false;  // with a table of differences by seed
  std::string baseline{};  // of them: a series by its label or case; empty: the best
  std::vector<Format> formats = {Format::html};
  /// Folder; empty: the run or sweep, the current one if there are several.
  std::filesystem::path out{};
};

struct Report {
  std::vector<std::filesystem::path> files;  // that were written
  std::string text;                          // the result and what to do next, for a terminal
};

/// Errors: bad_input (no runs, an unreadable file, a metric, axis or series that is not there, each
/// with what is there), environment (a file cannot be written).
Result<Report> write_report(const std::vector<std::filesystem::path>& runs,
                            const ReportOptions& options);

}  // namespace cohort::report
