#pragma once
// Where what a scenario names is from: docs/references.bib, which is part of the program, and the
// part of it that a run used.

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "problems/data/load.hpp"
#include "scenarios/scenario.hpp"

namespace cohort {

/// docs/references.bib.
std::string_view references_text();

struct Reference {
  std::string key;
  std::vector<std::string> cited;  // parts of sources that mean it; "data digits"; "cohort"
  std::string text;                // the entry as BibTeX
};

/// The entries of a text like docs/references.bib. Error (bad_input): an entry without an end, a
/// key or `cited`.
Result<std::vector<Reference>> parse_references(std::string_view text);

/// "A 1937; B, PNAS 2000" → its parts.
std::vector<std::string> sources_of(std::string_view source);

/// references.bib of a run: entries of the program, of every algorithm that the scenario chose and
/// of its data, each under a comment that says what it is for. A source without an entry (of an
/// algorithm that does not ship) is a comment; a file that does not ship is an entry with its
/// checksum.
std::string references_of(const Scenario& scenario, std::span<const DataFile> files);
/// Durably, into a run directory.
Result<void> write_references(const std::filesystem::path& directory, const Scenario& scenario,
                              std::span<const DataFile> files);

}  // namespace cohort
