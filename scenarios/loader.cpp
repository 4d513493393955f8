#include "scenarios/loader.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "scenarios/read_scenario.hpp"
#include "scenarios/toml.hpp"

namespace cohort {

namespace {

/// Line and column that a message begins with, as in "FILE:12:3: …"; the last ones if it names
/// none.
std::pair<std::uint64_t, std::uint64_t> place_of(std::string_view message, std::string_view file) {
  constexpr auto last = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t line = last, column = last;
  if (message.starts_with(file) && message.substr(file.size()).starts_with(':')) {
    message.remove_prefix(file.size() + 1);
    const char* end = message.data() + message.size();
    const auto parsed = std::from_chars(message.data(), end, line);
    if (parsed.ec == std::errc{} && parsed.ptr != end) std::from_chars(parsed.ptr + 1, end, column);
  }
  return {line, column};
}

/// Messages of all cases, in the order of the file: once where every case has it, with the name of
/// the case elsewhere.
Mistakes summed_up(const std::vector<std::pair<std::string, Mistakes>>& by_case,
                   const std::string& file) {
  std::vector<std::pair<std::string, std::vector<std::string>>> messages;
  for (const auto& [name, mistakes] : by_case) {
    for (const std::string& message : mistakes.messages()) {
      auto found = std::find_if(messages.begin(), messages.end(),
                                [&](const auto& known) { return known.first == message; });
      if (found == messages.end()) found = messages.insert(messages.end(), {message, {}});
      if (found->second.empty() || found->second.back() != name) found->second.push_back(name);
    }
  }
  std::stable_sort(messages.begin(), messages.end(), [&](const auto& a, const auto& b) {
    return place_of(a.first, file) < place_of(b.first, file);
  });
  Mistakes out;
  for (const auto& [message, names] : messages) {
    out.add({}, names.size() == by_case.size()
                    ? message
                    : fmt::format("{} (case {})", message, fmt::join(names, ", ")));
  }
  return out;
}

/// The metric that chooses a candidate must be measured.
void check_choice(const Tuning& tuning, const Scenario& scenario, Mistakes& mistakes) {
  const auto is_among = [](const auto& chosen, const std::string& name) {
    return std::any_of(chosen.begin(), chosen.end(),
                       [&](auto one) { return to_string(one) == name; });
  };
  if (!tuning.set.empty() && !is_among(scenario.evaluation.on, tuning.set)) {
    mistakes.add(tuning.spot, fmt::format("sweep.tune.by: {} is never measured: '{}' is not in "
                                          "evaluation.on",
                                          tuning.by, tuning.set));
  } else if (!is_among(scenario.evaluation.metrics, tuning.metric)) {
    mistakes.add(tuning.spot, fmt::format("sweep.tune.by: {} is never measured: '{}' is not in "
                                          "evaluation.metrics",
                                          tuning.by, tuning.metric));
  }
}

/// What every run of a sweep makes of its options, by case.
void check_runs(const Sweep& sweep, LoadedScenario& loaded,
                std::vector<std::pair<std::string, Mistakes>>& by_case) {
  for (std::size_t variant = 0; variant < sweep.variants(); ++variant) {
    const bool is_first = variant % sweep.grid.size() == 0;
    const SweepCase& one = sweep.case_of(variant);
    if (is_first) by_case.emplace_back(one.name, Mistakes{});
    Mistakes& mistakes = by_case.back().second;
    SweepRun run = sweep.point(1 + variant * (sweep.points() / sweep.variants()));
    const std::size_t candidates = one.tuning ? one.tuning->candidates.size() : 1;
    for (std::size_t c = 0; c < candidates; ++c) {
      if (one.tuning) run.candidate = c;
      Scenario scenario = sweep.read(run, mistakes);
      if (one.tuning && !one.tuning->by.empty()) check_choice(*one.tuning, scenario, mistakes);
      if (is_first && c == 0) loaded.cases.push_back(std::move(scenario));
    }
  }
}

Result<LoadedScenario> load_sweep(const ConfigNode& root, const std::filesystem::path& file,
                                  const std::vector<std::string>& sets,
                                  const Catalogue& catalogue) {
  LoadedScenario loaded;
  Mistakes of_sweep;
  Sweep sweep = read_sweep(root, file, sets, catalogue, of_sweep);
  std::vector<std::pair<std::string, Mistakes>> by_case;
  // Without a sound case the file alone is checked, for what else is wrong.
  if (sweep.cases.empty()) sweep.cases.push_back({"", without(root, {"sweep"}), {}, {}});
  check_runs(sweep, loaded, by_case);
  for (auto& [name, mistakes] : by_case) {
    for (const std::string& message : of_sweep.messages()) mistakes.add({}, message);
  }
  COHORT_DO(summed_up(by_case, file.string()).result());
  loaded.name = sweep.name = loaded.cases.front().name;
  loaded.sweep = std::move(sweep);
  return loaded;
}

}  // namespace

Result<LoadedScenario> load_scenario_text(std::string_view text, const std::filesystem::path& file,
                                          const std::vector<std::string>& sets,
                                          const Catalogue& catalogue) {
  COHORT_TRY(ConfigNode root, parse_toml(text, file.string()));
  Mistakes mistakes;
  for (const std::string& set : sets) {
    if (const auto applied = apply_set(root, set); !applied) {
      mistakes.add({}, applied.error().message);
    }
  }
  COHORT_DO(mistakes.result());
  if (root.find("sweep") != nullptr) return load_sweep(root, file, sets, catalogue);

  LoadedScenario loaded;
  Scenario scenario = read_scenario(root, file, catalogue, mistakes);
  COHORT_DO(summed_up({{"", mistakes}}, file.string()).result());
  scenario.given = std::move(root);
  scenario.given_by_case = config_table();
  loaded.name = scenario.name;
  loaded.cases.push_back(std::move(scenario));
  return loaded;
}

Result<LoadedScenario> load_scenario(const std::filesystem::path& file,
                                     const std::vector<std::string>& sets,
                                     const Catalogue& catalogue) {
  COHORT_TRY(const std::string text, read_scenario_text(file));
  return load_scenario_text(text, file, sets, catalogue);
}

}  // namespace cohort
