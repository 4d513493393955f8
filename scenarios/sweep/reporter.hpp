#pragma once
// What a person sees of a sweep: a line for everything that ended, on a terminal one live line
// below, and a table at the end.

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "scenarios/progress.hpp"
#include "scenarios/sweep/worker.hpp"

namespace cohort {

class SweepReporter final : public Watcher {
 public:
  /// What is over on the board has been told before. It must outlive this.
  SweepReporter(const Board& board, std::vector<std::uint64_t> points);

  /// "point 17/60  fedavg, alpha=0.1, seed 3  12 min left", for the progress of the run.
  std::string title(const RunStatus& status) override;
  void update() override;
  /// For runs in other processes: a line of its own, "run 17/78  3 min left".
  void show_progress();

 private:
  /// Of what was asked for: its points, and before them the tuning runs that they need.
  template <class Visit>
  void for_each_run(Visit&& visit) const;
  void tell(const RunStatus& status);
  void tell_choice(std::size_t variant);
  std::string label(const RunStatus& status) const;
  void print(const std::string& line);
  std::optional<Seconds> time_left() const;

  const Board& board_;
  std::vector<std::uint64_t> points_;
  std::set<std::string> told_;  // labels of runs, and titles of variants whose choice was told
  std::size_t wanted_ = 0;      // runs that were not over at the start
  std::size_t ended_ = 0;       // of them
  RealClock clock_;
  std::optional<ProgressLine> line_;
};

/// Nobody: of a process that does not print.
class SilentWatcher final : public Watcher {
 public:
  std::string title(const RunStatus&) override { return {}; }
  void update() override {}
};

/// `--list`: a line a point with what is done of it, and how much in all.
std::string list_points(const Board& board);
/// A row a variant: how many of its points finished, what was tuned, and mean and standard
/// deviation over them of what was measured at the end; then what is at an edge, and what failed.
std::string closing_table(const Board& board);

}  // namespace cohort
