#include "scenarios/explain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace cohort {

namespace {

using Path = std::vector<std::string>;

/// The value that was given for a path; a text stands for its own `type`.
const ConfigNode* given_at(const ConfigNode& root, const Path& path) {
  const ConfigNode* node = &root;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (node->is_text() && i + 1 == path.size() && path[i] == "type") return node;
    node = node->find(path[i]);
    if (node == nullptr) return nullptr;
  }
  return node;
}

std::string origin(const Scenario& scenario, const Path& path) {
  const ConfigNode* given = given_at(scenario.given, path);
  if (given == nullptr) return "default";
  const Spot& spot = given->spot;
  if (spot.line == 0) return "--set";
  const std::string place = fmt::format("{}:{}", spot.file, spot.line);
  return given_at(scenario.given_by_case, path) == nullptr
             ? place
             : fmt::format("case {}, {}", scenario.case_name, place);
}

struct Commented {
  std::string text;
  std::string comment;
};

/// One line a value; tables become dotted keys.
void add_lines(const Scenario& scenario, const ConfigNode& table, const Path& path,
               const std::string& prefix, std::vector<Commented>& lines) {
  for (const auto& [key, node] : table.table()) {
    Path child = path;
    child.push_back(key);
    if (node.is_table() && !node.table().empty()) {
      add_lines(scenario, node, child, prefix + key + ".", lines);
    } else {
      lines.push_back(
          {fmt::format("{}{} = {}", prefix, key, node.to_toml()), origin(scenario, child)});
    }
  }
}

}  // namespace

std::string explain(const Scenario& scenario) {
  std::vector<Commented> lines;
  for (const auto& [key, node] : scenario.effective.table()) {
    if (!node.is_table()) {
      lines.push_back({fmt::format("{} = {}", key, node.to_toml()), origin(scenario, {key})});
      continue;
    }
    lines.push_back({"", ""});
    lines.push_back({fmt::format("[{}]", key), ""});
    add_lines(scenario, node, {key}, "", lines);
  }
  constexpr std::size_t widest = 60;  // longer lines stand out, instead of moving every comment
  std::size_t width = 0;
  for (const Commented& line : lines) {
    if (!line.comment.empty() && line.text.size() <= widest) {
      width = std::max(width, line.text.size());
    }
  }
  std::string out =
      fmt::format("# {}{}{}: scenario {}\n", scenario.name,
                  scenario.case_name.empty() ? "" : ", case ", scenario.case_name, scenario.hash);
  for (const Commented& line : lines) {
    out += line.comment.empty() ? line.text + "\n"
                                : fmt::format("{:<{}}  # {}\n", line.text, width, line.comment);
  }
  out += "\n# Algorithms and their sources\n";
  for (const Citation& chosen : scenario.chosen) {
    out += fmt::format("#   {} = {}{}{}\n", chosen.path, chosen.name,
                       chosen.source.empty() ? "" : ": ", chosen.source);
  }
  return out;
}

}  // namespace cohort
