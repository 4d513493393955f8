#pragma once
// What names a graph: a topology of the catalogue, a graph that ships, or a file.
//   { type = "ring", nodes = 16 }            in a scenario
//   "ring nodes=16"                          the same, as text; on the command line also unquoted
//   "dolphins"                               ships
//   { type = "file", path = "a.graphml" }    or the path alone, which has a '/' or a '.'

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "algorithms/topology.hpp"
#include "core/config.hpp"
#include "core/registry.hpp"
#include "core/result.hpp"

namespace cohort {

/// A text as a table with `type`. Error (bad_input): a word that is no name=value.
Result<ConfigNode> parse_named_spec(std::string_view text);
/// The same of a graph: a path becomes type "file".
Result<ConfigNode> parse_graph_spec(std::string_view text);

struct NamedGraph {
  std::shared_ptr<const Topology> topology;  // null: mistakes were added
  ConfigNode options;                        // effective
  std::string source;
  std::optional<std::filesystem::path> file;  // found
  std::vector<std::string> notes;             // what it had to be changed for
};
/// `node` is a text or a table; files are looked for below `base` first.
NamedGraph make_named_graph(const Registry<Topology>& graphs, const ConfigNode& node,
                            const std::string& path, const std::filesystem::path& base,
                            Mistakes& mistakes);

}  // namespace cohort
