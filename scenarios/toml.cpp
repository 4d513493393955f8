#include "scenarios/toml.hpp"

#include <fmt/format.h>

#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include <algorithm>
#include <fstream>
#include <sstream>

namespace cohort {

namespace {

constexpr std::uintmax_t largest_file = 1U << 20;

Spot spot_of(const toml::source_region& region, const std::string& file) {
  return {file, region.begin.line, region.begin.column};
}

bool comes_before(const Spot& a, const Spot& b) {
  return a.line != b.line ? a.line < b.line : a.column < b.column;
}

ConfigNode convert(const toml::node& node, Spot spot, Mistakes& mistakes) {
  ConfigNode out;
  out.spot = std::move(spot);
  if (const auto* table = node.as_table()) {
    ConfigNode::Table entries;
    for (const auto& [key, value] : *table) {
      entries.emplace_back(std::string(key.str()),
                           convert(value, spot_of(key.source(), out.spot.file), mistakes));
    }
    // toml++ sorts its keys; a person wrote them in another order.
    std::stable_sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
      return comes_before(a.second.spot, b.second.spot);
    });
    out.value = std::move(entries);
  } else if (const auto* array = node.as_array()) {
    ConfigNode::List list;
    for (const auto& element : *array) {
      list.push_back(convert(element, spot_of(element.source(), out.spot.file), mistakes));
    }
    out.value = std::move(list);
  } else if (const auto* text = node.as_string()) {
    out.value = text->get();
  } else if (const auto* integer = node.as_integer()) {
    out.value = integer->get();
  } else if (const auto* real = node.as_floating_point()) {
    out.value = real->get();
  } else if (const auto* truth = node.as_boolean()) {
    out.value = truth->get();
  } else {
    mistakes.add(out.spot,
                 "expected a text, a number, true, false, a list or a table, found a "
                 "date or time");
  }
  return out;
}

}  // namespace

Result<ConfigNode> parse_toml(std::string_view text, const std::string& file) {
  const toml::parse_result parsed = toml::parse(text, file);
  if (!parsed) {
    const toml::parse_error& error = parsed.error();
    Mistakes mistakes;
    mistakes.add(spot_of(error.source(), file), std::string(error.description()));
    return mistakes.result().error();
  }
  Mistakes mistakes;
  ConfigNode node = convert(parsed.table(), Spot{file, 1, 1}, mistakes);
  COHORT_DO(mistakes.result());
  return node;
}

Result<std::string> read_scenario_text(const std::filesystem::path& path) {
  std::error_code code;
  const auto size = std::filesystem::file_size(path, code);
  if (code) return bad_input(fmt::format("{}: {}", path.string(), code.message()));
  if (size > largest_file) {
    return bad_input(fmt::format("{}: expected a scenario of at most {} bytes, found {}",
                                 path.string(), largest_file, size));
  }
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) return bad_input(fmt::format("{}: cannot be read", path.string()));
  return text.str();
}

Result<ConfigNode> parse_toml_value(std::string_view text) {
  const auto is_word = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.' ||
           c == '/' || c == ':';
  };
  auto document = parse_toml(fmt::format("value = {}\n", text), "");
  if (document && document->table().size() == 1) return document->table().front().second;
  if (!text.empty() && std::all_of(text.begin(), text.end(), is_word)) {
    return config_value(std::string(text));
  }
  return bad_input(fmt::format("expected a value as TOML writes it, found {}", text));
}

std::string to_toml_document(const ConfigNode& table) {
  std::string plain, sections;
  for (const auto& [key, node] : table.table()) {
    if (!node.is_table()) {
      plain += fmt::format("{} = {}\n", key, node.to_toml());
      continue;
    }
    sections += fmt::format("\n[{}]\n", key);
    for (const auto& [name, value] : node.table()) {
      sections += fmt::format("{} = {}\n", name, value.to_toml());
    }
  }
  return plain + sections;
}

}  // namespace cohort
