#pragma once
// Works on a sweep until nothing is left of what was asked for: takes what nobody works on, tuning
// runs before the points that need them. Any number of workers do so side by side, as processes of
// one command, groups of ranks, or tasks of a job array.

#include <cstdint>
#include <functional>
#include <vector>

#include "scenarios/job.hpp"
#include "scenarios/runner.hpp"
#include "scenarios/sweep/board.hpp"

namespace cohort {

struct WorkOptions {
  std::vector<std::uint64_t> points;  // their numbers, ascending
  RunOptions run;                     // out and title are filled in
  std::size_t processes = 1;          // that share the threads of this one's machine
};

/// Who prints, on rank 0.
class Watcher {
 public:
  virtual ~Watcher() = default;
  /// In front of the progress of a run; empty: it is not shown.
  virtual std::string title(const RunStatus& status) = 0;
  /// The board has changed.
  virtual void update() = 0;
};

/// Every rank of the job calls this; rank 0 with a board that it joined. `resumable` if it was
/// stopped, else `done`: what became of the runs is on the board. Error: the sweep cannot go on.
Result<Code> work(const Sweep& sweep, Board* board, const WorkOptions& options, const Job& job,
                  Watcher& watcher);

}  // namespace cohort
