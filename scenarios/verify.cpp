#include "scenarios/verify.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "comm/mpi.hpp"
#include "scenarios/outputs.hpp"

namespace cohort {

namespace fs = std::filesystem;

namespace {

bool is_run(const fs::path& folder) {
  std::error_code error;
  return fs::exists(folder / "scenario.toml", error);
}

}  // namespace

Result<std::vector<fs::path>> runs_to_verify(const fs::path& folder, std::uint64_t points) {
  if (is_run(folder)) return std::vector<fs::path>{folder};
  std::vector<fs::path> runs;
  std::error_code error;
  for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error)) {
    if (at->is_directory() && is_run(at->path()) && read_summary(at->path())) {
      runs.push_back(at->path());
    }
  }
  if (runs.empty()) {
    return bad_input(
        fmt::format("{}: expected a run, or a folder of runs that have ended, found {}",
                    folder.string(), error ? error.message() : "neither"));
  }
  std::sort(runs.begin(), runs.end());
  if (points == 0 || points >= runs.size()) return runs;
  std::vector<fs::path> chosen;
  for (std::uint64_t i = 0; i < points; ++i) chosen.push_back(runs[i * runs.size() / points]);
  return chosen;
}

Result<Comparison> verify_run(const fs::path& run, const Scenario& scenario,
                              std::optional<std::uint64_t> rounds, const Job& job) {
  fs::path again = run;
  if (!again.has_filename()) again = again.parent_path();
  again += fmt::format(".verify-{}", ::getpid());
  // Only where it ends is another: what depends on the number of rounds (f = "auto") was decided
  // when the scenario was read.
  Scenario replayed = scenario;
  const bool is_part = rounds && *rounds < scenario.schedule.stop.rounds;
  if (is_part) replayed.schedule.stop.rounds = *rounds;
  RunOptions options;
  options.is_quiet = true;
  options.replayed = run;
  const auto outcome = run_case(replayed, again, options, job);
  if (!outcome) abort_job(outcome.error().message, static_cast<int>(outcome.error().code));
  if (outcome->error) return *outcome->error;
  // A run that diverged is replayed to its divergence.
  if (outcome->code != Code::done && outcome->code != Code::diverged) {
    return Error{outcome->code, fmt::format("{}: the replay was stopped", again.string())};
  }
  if (job.rank() != 0) return Comparison{true, ""};
  COHORT_TRY(Comparison comparison,
             is_part ? compare_first_rounds(run, again, *rounds) : compare_runs(run, again));
  if (comparison.is_equal) {
    std::error_code ignored;
    fs::remove_all(again, ignored);
  } else {
    comparison.text += fmt::format("; the replay is in {}", again.string());
  }
  return comparison;
}

}  // namespace cohort
