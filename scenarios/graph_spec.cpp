#include "scenarios/graph_spec.hpp"

#include <fmt/format.h>

#include "problems/data/builtin.hpp"
#include "problems/data/checksum.hpp"
#include "problems/data/graph_file.hpp"
#include "scenarios/toml.hpp"

namespace cohort {

namespace {

struct FileOptions {
  std::string path;
  std::optional<std::string> checksum;
  static void declare(OptionTable<FileOptions>& t) {
    t.add("path", &FileOptions::path, "edge list or GraphML, plain or gzip");
    t.add("checksum", &FileOptions::checksum, "that it must have; written by a run");
  }
};

NamedGraph fixed(std::string name, Graph graph, ConfigNode options) {
  NamedGraph out;
  out.topology = std::make_shared<const FixedTopology>(std::move(name), std::move(graph));
  out.options = std::move(options);
  return out;
}

NamedGraph from_file(const ConfigNode& node, const std::string& path,
                     const std::filesystem::path& base, Mistakes& mistakes) {
  const auto table = option_table<FileOptions>();
  const FileOptions options = table.read(node, path, mistakes, {"type"});
  auto found = find_data_file(options.path, base);
  if (!found) {
    mistakes.add(node.spot, path + ": " + found.error().message);
    return {};
  }
  const auto checksum = checksum_file(*found);
  if (!checksum) {
    mistakes.add(node.spot, path + ": " + checksum.error().message);
    return {};
  }
  if (options.checksum && *options.checksum != checksum->hex()) {
    mistakes.add(node.spot, fmt::format("{}.checksum: expected {}, found {}: {} is not what it was",
                                        path, *options.checksum, checksum->hex(), found->string()));
    return {};
  }
  auto file = read_graph(*found);
  if (!file) {
    mistakes.add(node.spot, file.error().message);
    return {};
  }
  ConfigNode effective = config_table();
  effective.set("type", config_value(std::string("file")));
  effective.set("path", config_value(options.path));
  effective.set("checksum", config_value(checksum->hex()));
  auto notes = file->notes();
  NamedGraph out = fixed(found->filename().string(), std::move(file->graph), std::move(effective));
  out.file = *std::move(found);
  for (const std::string& note : notes) out.notes.push_back(options.path + ": " + note);
  return out;
}

}  // namespace

Result<ConfigNode> parse_named_spec(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return bad_input("expected a name, found nothing");
  if (text[first] == '{') return parse_toml_value(text.substr(first));
  ConfigNode node = config_table();
  for (std::size_t at = first; at != std::string_view::npos;) {
    const std::size_t end = std::min(text.find_first_of(" \t", at), text.size());
    const std::string_view word = text.substr(at, end - at);
    const std::size_t equals = word.find('=');
    if (at == first) {
      node.set("type", config_value(std::string(word)));
    } else if (equals == std::string_view::npos || equals == 0) {
      return bad_input(
          fmt::format("'{}': expected name=value after the name, found '{}'", text, word));
    } else {
      COHORT_TRY(auto value, parse_toml_value(word.substr(equals + 1)));
      value.spot = {};  // a command line has no lines
      node.set(word.substr(0, equals), std::move(value));
    }
    at = text.find_first_not_of(" \t", end);
  }
  return node;
}

Result<ConfigNode> parse_graph_spec(std::string_view text) {
  const bool is_path = text.find('{') == std::string_view::npos &&
                       text.find('=') == std::string_view::npos &&
                       text.find_first_of("/.") != std::string_view::npos;
  if (!is_path) return parse_named_spec(text);
  ConfigNode node = config_table();
  node.set("type", config_value(std::string("file")));
  node.set("path", config_value(std::string(text)));
  return node;
}

NamedGraph make_named_graph(const Registry<Topology>& graphs, const ConfigNode& given,
                            const std::string& path, const std::filesystem::path& base,
                            Mistakes& mistakes) {
  ConfigNode node = given;
  if (given.is_text()) {
    auto parsed = parse_graph_spec(given.text());
    if (!parsed) {
      mistakes.add(given.spot, path + ": " + parsed.error().message);
      return {};
    }
    node = *std::move(parsed);
    node.spot = given.spot;
  }
  const ConfigNode* type = node.find("type");
  if (type != nullptr && type->is_text()) {
    if (type->text() == "file") return from_file(node, path, base, mistakes);
    if (const BuiltinGraph* ships = find_builtin_graph(type->text())) {
      options_detail::refuse_unknown(node, path, {"type"}, mistakes);
      auto graph = load_builtin_graph(*ships);
      if (!graph) {
        mistakes.add(node.spot, graph.error().message);
        return {};
      }
      ConfigNode effective = config_table();
      effective.set("type", *type);
      NamedGraph out = fixed(type->text(), *std::move(graph), std::move(effective));
      out.source = ships->source;
      return out;
    }
    if (graphs.find(type->text()) == nullptr) {
      auto names = graphs.names();
      for (const BuiltinGraph& g : builtin_graphs()) names.emplace_back(g.name);
      names.emplace_back("file");
      mistakes.add(type->spot, unknown_name_message("graph", type->text(), path, names));
      return {};
    }
  }
  auto made = graphs.make(node, path, mistakes);
  NamedGraph out;
  out.topology = std::move(made.object);
  out.options = std::move(made.options);
  if (type != nullptr && type->is_text()) {
    if (const auto* entry = graphs.find(type->text())) out.source = entry->source;
  }
  return out;
}

}  // namespace cohort
