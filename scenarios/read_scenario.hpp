#pragma once
// One scenario from its table, after cases and --set: options checked section by section, then what
// they mean together.

#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>

#include "core/config.hpp"
#include "scenarios/catalogue.hpp"
#include "scenarios/scenario.hpp"

namespace cohort {

/// What is wrong is added to `mistakes`; the scenario is whole only if nothing was.
Scenario read_scenario(const ConfigNode& root, const std::filesystem::path& file,
                       const Catalogue& catalogue, Mistakes& mistakes);

/// Names become folders: letters, digits, '_', '-' and '.'.
bool is_file_name(const std::string& name);
/// The algorithm that a table or a text names; empty if none.
std::string algorithm_of(const ConfigNode& node);
/// The table without these keys.
ConfigNode without(const ConfigNode& node, std::initializer_list<std::string_view> keys);

}  // namespace cohort
