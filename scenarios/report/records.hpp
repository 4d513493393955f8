#pragma once
// Runs as a report reads them: what run directories and a sweep.csv say, whatever was measured.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "scenarios/report/statistics.hpp"

namespace cohort::report {

/// unfinished: stopped, killed or still going on. missing: a point of a sweep that was not begun.
enum class Status { finished, diverged, unfinished, failed, missing };
std::string_view to_string(Status status);

/// metrics.jsonl in columns.
struct History {
  /// [rounds], ascending. What is counted is counted from the start of the run.
  std::vector<double> round;
  std::vector<double> bytes;  // protocol bytes, up and down
  std::vector<double> bytes_up;
  std::vector<double> queries;  // oracle calls of every kind
  std::vector<double> data_passes;
  std::vector<double> sim_seconds;  // empty if not recorded
  // Of timing.jsonl; empty if it was not asked for.
  std::vector<double> wall_seconds;
  std::vector<std::pair<std::string, double>> phases;  // seconds of the whole run, where recorded
  double imbalance = 1;                                // mean over its rounds
  std::vector<double> byzantine;                       // clients in the cohort
  std::vector<double> f;
  /// By flat name: "test_accuracy", "gradient_norm".
  struct Measured {
    std::vector<std::size_t> at;  // entries of the columns above, ascending
    std::vector<double> values;   // what was not finite is NaN
  };
  std::map<std::string, Measured, std::less<>> measured;
};

/// "method.local.optimizer.learning_rate", its value as TOML writes it, and as a person would.
struct Option {
  std::string path;
  std::string value;
  std::string shown;
  friend bool operator==(const Option&, const Option&) = default;
};

struct Run {
  std::filesystem::path directory;  // where its files are; empty if there is none
  std::string place;                // the same below what was asked for, for people
  std::string name;
  std::string case_name;
  Status status = Status::missing;
  std::string reason;  // why it ended, where that is known
  SeedKey seeds{};
  std::string scenario_hash;
  std::string commit;
  std::vector<std::string> data;  // "digits.csv.gz be55a1c2…": file name and checksum
  /// Of the effective scenario, without seeds and names, in the order of the file.
  std::vector<Option> options;
  /// What sweep.csv says of the point, for one that has no scenario.
  std::vector<Option> grid;
  History history;

  /// nullptr if it has none of that name.
  const Option* option(std::string_view path) const;
};

struct Runs {
  std::vector<Run> runs;    // in the order of the points of a sweep, else of their paths
  std::vector<Run> tuning;  // those below a folder of that name
};

/// A run, a sweep, or a folder of either, several and mixed. A torn last line of metrics.jsonl, as
/// a killed run leaves it, is left out. Errors (bad_input): there is no run in a path; a file that
/// is not what a run writes, with file and line.
Result<Runs> read_runs(const std::vector<std::filesystem::path>& paths, bool with_wall_seconds);

/// clients.csv in columns; Byzantine clients are left out.
struct ClientTable {
  std::vector<std::uint64_t> client;
  std::vector<std::string> names;            // of the columns that were asked for and found
  std::vector<std::vector<double>> columns;  // [names][clients]; an empty cell is NaN
};
/// The columns whose name is wanted. An empty table if there is no such file. Error (bad_input):
/// with file and line.
Result<ClientTable> read_clients(const Run& run,
                                 const std::function<bool(std::string_view)>& is_wanted);

}  // namespace cohort::report
