#pragma once
// `cohort compare RUN RUN`: whether two runs computed the same bits, and where they part.

#include <filesystem>
#include <string>

#include "core/result.hpp"

namespace cohort {

struct Comparison {
  bool is_equal = false;
  std::string text;  // one line for a person
};

/// Goes through both metrics.jsonl up to the first round that differs, and names the quantities
/// that do; of traced runs also the first client and block whose reply differs. Runs of equal
/// rounds must also have the same model_hash. Error (bad_input): one of them
/// is not a run, or a line of it is no JSON.
Result<Comparison> compare_runs(const std::filesystem::path& a, const std::filesystem::path& b);

/// The first `rounds` rounds alone, of which `b` is a replay: what only its last round measured
/// does not count, since a run always evaluates its last round. Error as above.
Result<Comparison> compare_first_rounds(const std::filesystem::path& a,
                                        const std::filesystem::path& b, std::uint64_t rounds);

}  // namespace cohort
