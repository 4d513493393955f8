#pragma once
// Runs the cases of a loaded scenario, one after another, on all ranks of the job together: each in
// its run directory, from the start or from its last checkpoint.

#include <atomic>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "comm/exchange.hpp"
#include "comm/transport.hpp"
#include "scenarios/loader.hpp"
#include "scenarios/outputs.hpp"

namespace cohort {

struct RunOptions {
  std::string out;  // empty: under runs/
  bool resume = false;
  bool allow_mixed_numerics = false;  // go on though the ranks' fingerprints differ, and say so
  bool is_quiet = false;              // no progress, no closing lines
};

/// What the processes of a job share for its whole length.
struct Job {
  Transport* transport = nullptr;
  Exchange* exchange = nullptr;
  const std::atomic<int>* stop_signal = nullptr;

  std::uint32_t rank() const { return transport->self().value; }
  std::uint32_t ranks() const { return transport->size(); }
};

struct CaseOutcome {
  std::filesystem::path directory;  // rank 0
  Summary summary;                  // rank 0
  Code code = Code::done;
  std::optional<Error> error;  // why there is no outcome, known to every rank
};

/// One case. Every rank calls this with an equal scenario. The error of the Result is this rank's
/// alone: the others do not know of it and wait.
Result<CaseOutcome> run_case(const Scenario& scenario, bool has_cases, const RunOptions& options,
                             const Job& job);

/// All cases; the exit status of the program. A case that diverges is told and the next one runs;
/// anything else ends the job. Rank 0 prints.
int run_cases(const LoadedScenario& loaded, const RunOptions& options, const Job& job);

/// Bytes, memory and time of a round of every case, from its declarations and one probed round;
/// rank 0 prints. Nothing is written.
int dry_run(const LoadedScenario& loaded, const Job& job);

/// SIGINT, SIGTERM and SIGUSR1 ask for a stop after the round; a second one leaves at once. The
/// number of the first is in the returned flag.
const std::atomic<int>& watch_signals();

}  // namespace cohort
