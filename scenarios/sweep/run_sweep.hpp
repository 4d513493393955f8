#pragma once
// `cohort run` of a scenario with [sweep].

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "scenarios/job.hpp"
#include "scenarios/runner.hpp"
#include "scenarios/sweep/sweep.hpp"

namespace cohort {

struct SweepOptions {
  RunOptions run;
  std::vector<std::uint64_t> points;  // numbers, ascending; empty: all
  std::size_t jobs = 1;               // processes side by side; 1 under a launcher
};

/// Runs what is not done. `all` are the processes of the job, `group` those that work on one run
/// together, this one among them; they may be the same. The exit status, on every rank:
///   0    every point that was asked for finished or diverged, and unless one alone was asked for,
///        one finished
///   4    all diverged
///   75   stopped, and can be gone on with
///   else the largest of the statuses of the points that failed
/// Rank 0 of `all` prints.
int run_sweep(const Sweep& sweep, const SweepOptions& options, const Job& all, const Job& group);

/// "17/60" → 17. Error (bad_input): it is none, or the sweep has another number of points.
/// "slurm": by SLURM_ARRAY_TASK_ID of an array with one task a point.
Result<std::uint64_t> point_number(const std::string& text, std::size_t points,
                                   const std::function<const char*(const char*)>& environment);

/// Points and tuning runs, and what all of them cost, from a round of each case; rank 0 prints.
int dry_run_sweep(const Sweep& sweep, const std::vector<Scenario>& cases, const Job& job);

}  // namespace cohort
