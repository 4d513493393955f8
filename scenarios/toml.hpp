#pragma once
// TOML text to ConfigNode. Every value keeps the place of its key (of itself, in a list).

#include <filesystem>
#include <string>
#include <string_view>

#include "core/config.hpp"
#include "core/result.hpp"

namespace cohort {

/// A whole document as a table, keys in the order of the text; `file` names it in spots and errors.
/// Errors (bad_input): a syntax error or a duplicate, with line and column; dates and times, which
/// no option takes.
Result<ConfigNode> parse_toml(std::string_view text, const std::string& file);

/// Errors (bad_input): the file cannot be read or has more than 1 MiB.
Result<std::string> read_scenario_text(const std::filesystem::path& path);

/// The right-hand side of a key, as on a command line; a bare word is a text.
Result<ConfigNode> parse_toml_value(std::string_view text);

/// A document: plain values first, then one [table] each, in which tables are written inline.
std::string to_toml_document(const ConfigNode& table);

}  // namespace cohort
