#pragma once
// Graphs from files, and those that ship.
//   edge list  two node numbers a line, between blanks or commas; lines that begin with # or % are
//              comments. Undirected. Numbers that no edge has are closed up, in ascending order.
//   GraphML    <node id>, <edge source target>, edgedefault; nodes in the order of the file. Data
//              of nodes and edges is not read; nested graphs, ports and hyperedges are refused.
// Both plain or gzip, told apart by their first bytes. What was left out or renumbered is counted.

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/graph.hpp"
#include "core/result.hpp"

namespace cohort {

struct GraphFile {
  Graph graph;
  LeftOut left_out;
  std::uint64_t missing_ids = 0;  // below the largest, of an edge list
  std::uint64_t isolated = 0;     // nodes without an edge, of GraphML
  /// One line each; empty if the file was as it should be.
  std::vector<std::string> notes() const;
};

/// Errors (bad_input): the file and line, what was expected and what was found.
Result<GraphFile> read_graph(const std::filesystem::path& path);
Result<GraphFile> parse_graph(std::string_view text, const std::string& name);

struct BuiltinGraph {
  std::string_view name;
  std::string_view file;
  std::uint64_t nodes;
  std::uint64_t edges;
  std::string_view what;
  std::string_view source;  // as in docs/references.bib
};
std::span<const BuiltinGraph> builtin_graphs();
/// Null: there is none of that name.
const BuiltinGraph* find_builtin_graph(std::string_view name);
/// In the data directories. Error: it is not there, or not what it should be.
Result<Graph> load_builtin_graph(const BuiltinGraph& graph);

}  // namespace cohort
