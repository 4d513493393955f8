#pragma once
// From TOML to a checked Scenario. All mistakes are told in one go, each with its place.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "scenarios/catalogue.hpp"
#include "scenarios/overrides.hpp"
#include "scenarios/scenario.hpp"
#include "scenarios/sweep/sweep.hpp"

namespace cohort {

/// One file.
struct LoadedScenario {
  std::string name;
  /// Its cases in order, each with the first value of what is varied; or the one scenario that it
  /// is.
  std::vector<Scenario> cases;
  std::optional<Sweep> sweep;  // with [sweep]
};

/// `sets` are "key.path=value", later ones win over earlier ones, the file and its cases. An error
/// of a --set names the option. Every run of a sweep is checked, but for its seed. Error
/// (bad_input): every mistake, one a line.
Result<LoadedScenario> load_scenario(const std::filesystem::path& file,
                                     const std::vector<std::string>& sets,
                                     const Catalogue& catalogue);

/// The same of a text; `file` is its name in messages and the start of relative paths.
Result<LoadedScenario> load_scenario_text(std::string_view text, const std::filesystem::path& file,
                                          const std::vector<std::string>& sets,
                                          const Catalogue& catalogue);

}  // namespace cohort
