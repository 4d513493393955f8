#include "scenarios/overrides.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

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

void make_table(ConfigNode& text) {
  ConfigNode table = config_table();
  table.spot = text.spot;
  table.set("type", text);
  text = std::move(table);
}

Result<ConfigNode*> element(ConfigNode::List& list, const std::string& key) {
  std::size_t index = 0;
  const char* last = key.data() + key.size();
  const auto [end, error] = std::from_chars(key.data(), last, index);
  if (error == std::errc{} && end == last && index < list.size()) return &list[index];
  return bad_input(
      fmt::format("expected the number of an element, below {}, found '{}'", list.size(), key));
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

Result<void> assign(ConfigNode& root, std::string_view path, ConfigNode value) {
  ConfigNode* node = &root;
  while (!path.empty()) {
    if (ConfigNode* whole = node->find(path)) {
      node = whole;
      break;
    }
    const auto dot = std::min(path.find('.'), path.size());
    const std::string key(path.substr(0, dot));
    path.remove_prefix(std::min(dot + 1, path.size()));
    if (key.empty()) return bad_input("expected a path of keys, as in method.local_epochs");
    if (node->is_text()) make_table(*node);
    if (auto* list = std::get_if<ConfigNode::List>(&node->value)) {
      COHORT_TRY(node, element(*list, key));
      continue;
    }
    if (!node->is_table()) {
      return bad_input(
          fmt::format("'{}' is no option of {} {}", key, node->kind(), node->to_toml()));
    }
    ConfigNode* child = node->find(key);
    if (child == nullptr) {
      ConfigNode table = config_table();
      table.spot = value.spot;
      child = &node->set(key, std::move(table));
    }
    node = child;
  }
  *node = std::move(value);
  return {};
}

Result<void> apply_set(ConfigNode& root, std::string_view set) {
  const std::string_view path = path_of(set);
  if (path.empty()) return in_set(set, "expected key.path=value");
  auto value = parse_toml_value(set.substr(path.size() + 1));
  if (!value) return in_set(set, value.error().message);
  set_spot(*value, Spot{fmt::format("--set {}", set), 0, 0});
  if (const auto assigned = assign(root, path, *std::move(value)); !assigned) {
    return in_set(set, assigned.error().message);
  }
  return {};
}

std::string_view path_of(std::string_view set) {
  const auto equals = set.find('=');
  return equals == std::string_view::npos ? std::string_view{} : set.substr(0, equals);
}

bool is_within(std::string_view path, std::string_view outer) {
  return path.starts_with(outer) && (path.size() == outer.size() || path[outer.size()] == '.');
}

}  // namespace cohort
