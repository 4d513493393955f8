#pragma once
// One run, on all ranks of the job together: in its run directory, from the start or from its last
// checkpoint.

#include <atomic>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/job.hpp"
#include "scenarios/loader.hpp"
#include "scenarios/outputs.hpp"

namespace cohort {

struct RunOptions {
  std::string out;  // empty: under runs/
  bool resume = false;
  bool allow_mixed_numerics = false;  // go on though the ranks' fingerprints differ, and say so
  bool is_quiet = false;              // no progress, no closing lines
  /// Of a run among others: in front of its progress, which is then transient.
  std::string title;
  std::vector<std::string> notes;  // for its events
  /// A run whose journal is replayed: who was late there is not asked, and no clock decides.
  std::filesystem::path replayed;
};

struct CaseOutcome {
  std::filesystem::path directory;  // rank 0
  Summary summary;                  // rank 0
  Code code = Code::done;
  std::optional<Error> error;  // why there is no outcome, known to every rank
};

/// The run in `directory`. Every rank calls this with an equal scenario. The error of the Result is
/// this rank's alone: the others do not know of it and wait.
Result<CaseOutcome> run_case(const Scenario& scenario, const std::filesystem::path& directory,
                             const RunOptions& options, const Job& job);

/// A scenario without [sweep]; the exit status of the program. Rank 0 prints.
int run_alone(const Scenario& scenario, const RunOptions& options, const Job& job);

/// Threads of a process of the job.
std::size_t threads_of(const Scenario& scenario, const Job& job);

/// What a round costs, from the declarations of the scenario and one probed round.
struct RoundCost {
  std::string text;         // for people, with bytes, memory and time
  std::uint64_t bytes = 0;  // protocol bytes of all clients, at most
  Seconds time{0};
};
/// Every rank calls this; nothing is written.
Result<RoundCost> probe_round(Scenario scenario, const Job& job);
/// The same, printed by rank 0.
int dry_run(const Scenario& scenario, const Job& job);

/// SIGINT, SIGTERM and SIGUSR1 ask for a stop after the round; a second one leaves at once. The
/// number of the first is in the returned flag.
const std::atomic<int>& watch_signals();

}  // namespace cohort
