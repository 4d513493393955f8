#pragma once
// `cohort verify`: runs again, and the rounds of both compared.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "core/result.hpp"
#include "scenarios/compare.hpp"
#include "scenarios/runner.hpp"

namespace cohort {

/// A run directory is itself; of a folder of runs, as a sweep leaves it, the finished ones below in
/// the order of their paths, `points` of them (0: all) spread evenly. Error (bad_input): there are
/// none.
Result<std::vector<std::filesystem::path>> runs_to_verify(const std::filesystem::path& folder,
                                                          std::uint64_t points);

/// The first `rounds` rounds of the run again, or all, in a folder beside it that stays where they
/// differ. Every rank calls this; the comparison is rank 0's. Errors (Code::environment, …): the
/// replay could not be made; known to every rank.
Result<Comparison> verify_run(const std::filesystem::path& run, const Scenario& scenario,
                              std::optional<std::uint64_t> rounds, const Job& job);

}  // namespace cohort
