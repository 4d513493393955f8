#pragma once
// How one table changes another: cases, --set, and the values of a sweep.

#include <string>
#include <string_view>

#include "core/config.hpp"
#include "core/result.hpp"

namespace cohort {

/// `over` merged over `base`, as [sweep] cases are: tables merge key by key, but one whose type (or
/// rule) is another algorithm replaces the algorithm's options. The stages of a method (local,
/// update, server) are algorithms of their own and stay.
ConfigNode merged_case(const ConfigNode& base, const ConfigNode& over);

/// Puts `value` at a dotted path. A text that names an algorithm becomes { type = text } when an
/// option of it is set; an element of a list is addressed by its number from 0; a key that has dots
/// itself is found by its whole name.
Result<void> assign(ConfigNode& root, std::string_view path, ConfigNode value);

/// Applies one --set, "key.path=value", to a scenario's table.
Result<void> apply_set(ConfigNode& root, std::string_view set);
/// The path of a --set; empty if it is none.
std::string_view path_of(std::string_view set);

/// Whether one path is the other or leads to it: "data" and "data.partition.alpha".
bool is_within(std::string_view path, std::string_view outer);

}  // namespace cohort
