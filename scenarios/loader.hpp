#pragma once
// From TOML to a checked Scenario. All mistakes are told in one go, each with its place.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "scenarios/catalogue.hpp"
#include "scenarios/scenario.hpp"

namespace cohort {

/// One file: its cases in order, or the one scenario that it is.
struct LoadedScenario {
  std::string name;
  std::vector<Scenario> cases;
};

/// `sets` are "key.path=value", later ones win over earlier ones, the file and its cases. An error
/// of a --set names the option. Error (bad_input): every mistake, one a line.
Result<LoadedScenario> load_scenario(const std::filesystem::path& file,
                                     const std::vector<std::string>& sets,
                                     const Catalogue& catalogue);

/// The same of a text; `file` is its name in messages and the start of relative paths.
Result<LoadedScenario> load_scenario_text(std::string_view text, const std::filesystem::path& file,
                                          const std::vector<std::string>& sets,
                                          const Catalogue& catalogue);

/// `over` merged over `base`, as [sweep] cases are: tables merge key by key, but one whose type (or
/// rule) is another algorithm replaces the algorithm's options. The stages of a method (local,
/// update, server) are algorithms of their own and stay.
ConfigNode merged_case(const ConfigNode& base, const ConfigNode& over);

/// Applies one --set to a scenario's table. A text that names an algorithm becomes { type = text }
/// when an option of it is set; an element of a list is addressed by its number from 0.
Result<void> apply_set(ConfigNode& root, std::string_view set);

}  // namespace cohort
