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

void set_spot(ConfigNode& node, const Spot& spot) {
  node.spot = spot;
  if (auto* table = std::get_if<ConfigNode::Table>(&node.value)) {
    for (auto& [key, child] : *table) set_spot(child, spot);
  } else if (auto* list = std::get_if<ConfigNode::List>(&node.value)) {
    for (auto& child : *list) set_spot(child, spot);
  }
}

struct Case {
  std::string name;  // empty for a scenario without cases
  ConfigNode over;
};

std::vector<Case> read_cases(const ConfigNode& root, Mistakes& mistakes) {
  const ConfigNode* sweep = root.find("sweep");
  if (sweep == nullptr) return {Case{"", config_table()}};
  options_detail::refuse_unknown(*sweep, "sweep", {"cases"}, mistakes);
  const ConfigNode* list = sweep->find("cases");
  if (list == nullptr || !list->is_list() || list->list().empty()) {
    options_detail::expected(list != nullptr ? *list : *sweep, "sweep.cases",
                             "a list of tables with a name", mistakes);
    return {};
  }
  std::vector<Case> cases;
  for (const ConfigNode& node : list->list()) {
    const ConfigNode* name = node.find("name");
    if (name == nullptr || !name->is_text() || !is_file_name(name->text())) {
      mistakes.add(name != nullptr ? name->spot : node.spot,
                   "sweep.cases: expected a table with a name of letters, digits, '_', '-' and "
                   "'.', since it names a folder");
      continue;
    }
    if (std::any_of(cases.begin(), cases.end(),
                    [&](const Case& other) { return other.name == name->text(); })) {
      mistakes.add(name->spot, fmt::format("sweep.cases: '{}' is already a case", name->text()));
      continue;
    }
    if (const ConfigNode* nested = node.find("sweep")) {
      mistakes.add(nested->spot, "sweep.cases: a case has no sweep of its own");
      continue;
    }
    cases.push_back({name->text(), without(node, {"name"})});
  }
  return cases;
}

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

Error in_set(std::string_view set, std::string_view message) {
  return bad_input(fmt::format("--set {}: {}", set, message));
}

}  // namespace

ConfigNode merged_case(const ConfigNode& base, const ConfigNode& over) {
  const std::string from = algorithm_of(base), to = algorithm_of(over);
  const bool is_other = !to.empty() && from != to;
  if (over.is_text() && base.is_table() && !is_other) return base;
  if (!over.is_table() || !base.is_table()) return over;
  ConfigNode out = base;
  out.spot = over.spot;
  if (is_other) {
    std::erase_if(out.table(), [](const auto& entry) {
      return entry.first != "local" && entry.first != "update" && entry.first != "server";
    });
  }
  for (const auto& [key, node] : over.table()) {
    const ConfigNode* present = out.find(key);
    ConfigNode merged = present != nullptr ? merged_case(*present, node) : node;
    out.set(key, std::move(merged));
  }
  return out;
}

Result<void> apply_set(ConfigNode& root, std::string_view set) {
  const auto equals = set.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    return in_set(set, "expected key.path=value");
  }
  std::string_view path = set.substr(0, equals);
  auto value = parse_toml_value(set.substr(equals + 1));
  if (!value) return in_set(set, value.error().message);
  const Spot spot{fmt::format("--set {}", set), 0, 0};
  set_spot(*value, spot);

  ConfigNode* node = &root;
  while (!path.empty()) {
    const auto dot = std::min(path.find('.'), path.size());
    const std::string key(path.substr(0, dot));
    path.remove_prefix(std::min(dot + 1, path.size()));
    if (key.empty()) return in_set(set, "expected key.path=value");
    if (node->is_text()) {
      ConfigNode table = config_table();
      table.spot = node->spot;
      table.set("type", *node);
      *node = std::move(table);
    }
    if (auto* list = std::get_if<ConfigNode::List>(&node->value)) {
      std::size_t index = 0;
      const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), index);
      if (error != std::errc{} || end != key.data() + key.size() || index >= list->size()) {
        return in_set(set, fmt::format("expected the number of an element, below {}, found '{}'",
                                       list->size(), key));
      }
      node = &(*list)[index];
      continue;
    }
    if (!node->is_table()) {
      return in_set(set,
                    fmt::format("'{}' is no option of {} {}", key, node->kind(), node->to_toml()));
    }
    ConfigNode* child = node->find(key);
    if (child == nullptr) {
      ConfigNode table = config_table();
      table.spot = spot;
      child = &node->set(key, std::move(table));
    }
    node = child;
  }
  *node = std::move(*value);
  return {};
}

Result<LoadedScenario> load_scenario_text(std::string_view text, const std::filesystem::path& file,
                                          const std::vector<std::string>& sets,
                                          const Catalogue& catalogue) {
  COHORT_TRY(ConfigNode root, parse_toml(text, file.string()));
  Mistakes set_mistakes;
  for (const std::string& set : sets) {
    if (const auto applied = apply_set(root, set); !applied) {
      set_mistakes.add({}, applied.error().message);
    }
  }
  COHORT_DO(set_mistakes.result());

  LoadedScenario loaded;
  std::vector<std::pair<std::string, Mistakes>> mistakes;
  Mistakes sweep_mistakes;
  std::vector<Case> cases = read_cases(root, sweep_mistakes);
  // Without a sound case the base alone is checked, for what else is wrong.
  if (cases.empty()) cases.push_back({"", config_table()});
  for (Case& c : cases) {
    ConfigNode given = merged_case(without(root, {"sweep"}), c.over);
    // What the command line says wins over the case, too. It went through the base before, so what
    // is wrong with it was told.
    for (const std::string& set : sets) {
      if (!set.starts_with("sweep.")) COHORT_DO(apply_set(given, set));
    }
    Scenario scenario =
        read_scenario(given, file, catalogue, mistakes.emplace_back(c.name, Mistakes{}).second);
    scenario.case_name = c.name;
    scenario.given = std::move(given);
    scenario.given_by_case = std::move(c.over);
    loaded.cases.push_back(std::move(scenario));
  }
  for (const std::string& message : sweep_mistakes.messages()) {
    for (auto& [name, of_case] : mistakes) of_case.add({}, message);
  }
  COHORT_DO(summed_up(mistakes, file.string()).result());
  loaded.name = loaded.cases.front().name;
  return loaded;
}

Result<LoadedScenario> load_scenario(const std::filesystem::path& file,
                                     const std::vector<std::string>& sets,
                                     const Catalogue& catalogue) {
  COHORT_TRY(const std::string text, read_scenario_text(file));
  return load_scenario_text(text, file, sets, catalogue);
}

}  // namespace cohort
