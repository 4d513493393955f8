#pragma once
// `cohort reproduce`: runs the shipped scenarios that have a [reference], over their seeds, and
// says what became of each claim. Claims are reported, never enforced.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "scenarios/loader.hpp"
#include "scenarios/report/statistics.hpp"
#include "scenarios/runner.hpp"

namespace cohort {

/// With x̄ the mean over the seeds and h the half width of its 95 % t interval:
///   within    |x̄ − value| ≤ tolerance
///   refuted   not within, and [x̄ − h, x̄ + h] has no point in common with value ± tolerance
///   outside   neither: it does not agree, and the runs cannot tell it from what would. One run,
///             which has no interval, refutes nothing.
enum class Fate { within, outside, refuted };
std::string_view to_string(Fate fate);
Fate fate_of(const Claim& claim, const report::Estimate& here);

/// A claim and the runs that it is about: those of a scenario, or of a variant of its sweep, that
/// only their seeds tell apart.
struct Reproduction {
  std::string name;  // "heterogeneity, fedavg"
  Claim claim;
  std::vector<double> values;  // of the runs that gave one
  std::string failure;         // of the first run that did not; empty
};

/// The scenarios below a folder, in order of their paths, in which something is claimed.
Result<std::vector<std::filesystem::path>> scenarios_with_claims(
    const std::filesystem::path& folder);
/// Where the shipped scenarios are: in the source tree, else beside the program.
std::filesystem::path shipped_scenarios();

/// Runs below `out`; what is finished there is not run again. Every rank calls this; the claims are
/// whole on rank 0. Error (resumable): a signal.
Result<std::vector<Reproduction>> reproduce(const LoadedScenario& loaded,
                                            const std::filesystem::path& out, const Job& job);

/// The claims of a scenario, without running it.
Result<std::vector<Reproduction>> claims_of(const LoadedScenario& loaded);

/// A line a claim, with what it rests on below it.
std::string reproduction_table(const std::vector<Reproduction>& reproductions);

}  // namespace cohort
