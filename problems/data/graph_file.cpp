#include "problems/data/graph_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <unordered_map>

#include "problems/data/builtin.hpp"
#include "problems/data/text_source.hpp"

namespace cohort {

namespace {

constexpr BuiltinGraph table[] = {
    {"karate", "karate.edges", 34, 78, "friendships in a karate club",
     "Zachary, J. Anthropological Research 33 (1977)"},
    {"dolphins", "dolphins.edges", 62, 159, "associations of dolphins",
     "Lusseau et al., Behav. Ecol. Sociobiol. 54 (2003)"},
    {"lesmis", "lesmis.edges", 77, 254, "characters of Les Misérables that meet",
     "Knuth, The Stanford GraphBase (1993)"},
    {"football", "football.edges", 115, 613, "games between American college teams",
     "Girvan and Newman, PNAS 99 (2002)"},
    {"power", "power.edges", 4941, 6594, "the power grid of the western United States",
     "Watts and Strogatz, Nature 393 (1998)"},
};

constexpr std::uint64_t most_nodes = 0xffff'fffe;

Error expected_at(const std::string& name, std::uint64_t line, std::string_view expected,
                  std::string_view found) {
  return bad_input(fmt::format("{}:{}: expected {}, found {}", name, line, expected, quote(found)));
}

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == ',' || c == ';'; }

/// The next word of a line, taken off it.
std::string_view word_of(std::string_view& line) {
  while (!line.empty() && is_blank(line.front())) line.remove_prefix(1);
  std::size_t end = 0;
  while (end < line.size() && !is_blank(line[end])) ++end;
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(end);
  return word;
}

struct EdgeIds {
  std::uint64_t from, to;
};

Result<GraphFile> from_ids(const std::vector<EdgeIds>& ids, const std::string& name) {
  if (ids.empty()) return bad_input(fmt::format("{}: expected edges, found none", name));
  std::vector<std::uint64_t> known;
  known.reserve(2 * ids.size());
  for (const EdgeIds& e : ids) {
    known.push_back(e.from);
    known.push_back(e.to);
  }
  std::sort(known.begin(), known.end());
  known.erase(std::unique(known.begin(), known.end()), known.end());
  if (known.size() > most_nodes) {
    return bad_input(fmt::format("{}: expected fewer than 2^32 nodes", name));
  }
  const auto place = [&](std::uint64_t id) {
    return static_cast<std::uint32_t>(std::lower_bound(known.begin(), known.end(), id) -
                                      known.begin());
  };
  std::vector<Edge> edges;
  edges.reserve(ids.size());
  for (const EdgeIds& e : ids) edges.push_back({place(e.from), place(e.to)});
  GraphFile out;
  out.missing_ids = known.back() - known.size() + 1;
  out.graph = make_graph(known.size(), edges, false, {}, &out.left_out);
  return out;
}

Result<GraphFile> parse_edges(std::string_view text, const std::string& name) {
  std::vector<EdgeIds> ids;
  for (std::uint64_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    std::string_view first = word_of(line);
    if (first.empty() || first.front() == '#' || first.front() == '%') continue;
    EdgeIds e{};
    std::string_view word = first;
    for (std::uint64_t* id : {&e.from, &e.to}) {
      const auto [stop, error] = std::from_chars(word.data(), word.data() + word.size(), *id);
      if (error != std::errc() || stop != word.data() + word.size() || word.empty()) {
        return expected_at(name, number, "the numbers of two nodes", word);
      }
      if (id == &e.from) word = word_of(line);
    }
    if (const std::string_view more = word_of(line); !more.empty()) {
      return expected_at(name, number, "two numbers (weights of edges are not read)", more);
    }
    ids.push_back(e);
  }
  return from_ids(ids, name);
}

/// The tags of an XML text, comments and the like passed over.
class Tags {
 public:
  Tags(std::string_view text, const std::string& name) : text_(text), name_(name) {}

  struct Tag {
    std::string_view name;  // "/node" of an end
    std::string_view rest;  // attributes
    std::uint64_t line = 0;
  };
  /// Nothing at the end.
  Result<std::optional<Tag>> next() {
    for (;;) {
      const std::size_t open = text_.find('<', at_);
      advance(std::min(open, text_.size()));
      if (open == std::string_view::npos) return std::optional<Tag>();
      std::string_view end = ">";
      bool is_tag = false;
      if (text_.substr(at_, 4) == "<!--") {
        end = "-->";
      } else if (text_.substr(at_, 9) == "<![CDATA[") {
        end = "]]>";
      } else if (text_.substr(at_, 2) == "<?") {
        end = "?>";
      } else if (text_.substr(at_, 2) != "<!") {
        is_tag = true;
      }
      const std::uint64_t line = line_;
      const std::size_t close = text_.find(end, at_);
      if (close == std::string_view::npos) {
        return bad_input(
            fmt::format("{}:{}: expected '{}', found the end of the file", name_, line, end));
      }
      const std::string_view inside = text_.substr(at_ + 1, close - at_ - 1);
      advance(close + end.size());
      if (!is_tag) continue;
      std::size_t length = 0;
      while (length < inside.size() && !is_space(inside[length]) &&
             (length == 0 || inside[length] != '/')) {
        ++length;
      }
      return std::optional(Tag{inside.substr(0, length), inside.substr(length), line});
    }
  }

  /// The value of an attribute; empty if there is none.
  static std::string_view attribute(const Tag& tag, std::string_view key) {
    std::string_view rest = tag.rest;
    while (!rest.empty()) {
      const std::size_t equals = rest.find('=');
      if (equals == std::string_view::npos) return {};
      std::string_view found = rest.substr(0, equals);
      while (!found.empty() && is_space(found.front())) found.remove_prefix(1);
      while (!found.empty() && is_space(found.back())) found.remove_suffix(1);
      rest.remove_prefix(equals + 1);
      while (!rest.empty() && is_space(rest.front())) rest.remove_prefix(1);
      if (rest.empty() || (rest.front() != '"' && rest.front() != '\'')) return {};
      const std::size_t close = rest.find(rest.front(), 1);
      if (close == std::string_view::npos) return {};
      if (found == key) return rest.substr(1, close - 1);
      rest.remove_prefix(close + 1);
    }
    return {};
  }

 private:
  static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
  void advance(std::size_t to) {
    line_ += static_cast<std::uint64_t>(std::count(text_.begin() + static_cast<std::ptrdiff_t>(at_),
                                                   text_.begin() + static_cast<std::ptrdiff_t>(to),
                                                   '\n'));
    at_ = to;
  }
  std::string_view text_;
  const std::string& name_;
  std::size_t at_ = 0;
  std::uint64_t line_ = 1;
};

Result<GraphFile> parse_graphml(std::string_view text, const std::string& name) {
  Tags tags(text, name);
  std::unordered_map<std::string_view, std::uint32_t> nodes;
  struct Ends {
    std::string_view from, to;
    std::uint64_t line;
  };
  std::vector<Ends> ends;  // nodes may come after their edges
  bool is_directed = false, is_in_graph = false;
  for (;;) {
    COHORT_TRY(const auto tag, tags.next());
    if (!tag) break;
    if (tag->name == "graph") {
      if (is_in_graph) return expected_at(name, tag->line, "one graph", "a graph in a graph");
      is_in_graph = true;
      is_directed = Tags::attribute(*tag, "edgedefault") == "directed";
    } else if (tag->name == "hyperedge") {
      return expected_at(name, tag->line, "edges of two nodes", tag->name);
    } else if (tag->name == "node") {
      const std::string_view id = Tags::attribute(*tag, "id");
      if (id.empty()) return expected_at(name, tag->line, "a node with an id", tag->rest);
      const auto place = static_cast<std::uint32_t>(nodes.size());
      if (!nodes.emplace(id, place).second) {
        return expected_at(name, tag->line, "ids that differ", id);
      }
    } else if (tag->name == "edge") {
      const std::string_view own = Tags::attribute(*tag, "directed");
      if (!own.empty() && (own == "true") != is_directed) {
        return expected_at(name, tag->line, "edges that are all directed or all undirected", own);
      }
      ends.push_back({Tags::attribute(*tag, "source"), Tags::attribute(*tag, "target"), tag->line});
    }
  }
  if (nodes.empty()) return bad_input(fmt::format("{}: expected nodes, found none", name));
  std::vector<Edge> edges;
  for (const Ends& e : ends) {
    Edge edge;
    for (const auto& [id, place] : {std::pair{e.from, &edge.from}, {e.to, &edge.to}}) {
      const auto found = nodes.find(id);
      if (found == nodes.end()) return expected_at(name, e.line, "the id of a node", id);
      *place = found->second;
    }
    edges.push_back(edge);
  }
  GraphFile out;
  out.graph = make_graph(nodes.size(), edges, is_directed, {}, &out.left_out);
  const Graph both = is_directed ? make_graph(nodes.size(), edges) : Graph();
  const Graph& g = is_directed ? both : out.graph;
  for (std::uint64_t i = 0; i < g.nodes(); ++i) out.isolated += g.degree(i) == 0 ? 1u : 0u;
  return out;
}

}  // namespace

std::vector<std::string> GraphFile::notes() const {
  std::vector<std::string> out;
  if (left_out.self_loops > 0)
    out.push_back(fmt::format("{} self-loops left out", left_out.self_loops));
  if (left_out.duplicates > 0)
    out.push_back(fmt::format("{} repeated edges left out", left_out.duplicates));
  if (missing_ids > 0) {
    out.push_back(
        fmt::format("{} node numbers that no edge has: the rest is numbered anew, 0 to {}",
                    missing_ids, graph.nodes() - 1));
  }
  if (isolated > 0) out.push_back(fmt::format("{} nodes without an edge", isolated));
  return out;
}

Result<GraphFile> parse_graph(std::string_view text, const std::string& name) {
  const std::size_t first = text.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
  return first != std::string_view::npos && text[first] == '<' ? parse_graphml(text, name)
                                                               : parse_edges(text, name);
}

Result<GraphFile> read_graph(const std::filesystem::path& path) {
  COHORT_TRY(TextSource source, TextSource::open(path));
  std::string text;
  for (std::uint64_t line = 1;;) {
    COHORT_TRY(const std::string_view block, source.next(line));
    if (block.empty()) break;
    line += static_cast<std::uint64_t>(std::count(block.begin(), block.end(), '\n'));
    text += block;
  }
  return parse_graph(text, path.string());
}

std::span<const BuiltinGraph> builtin_graphs() { return table; }

const BuiltinGraph* find_builtin_graph(std::string_view name) {
  const auto found = std::find_if(std::begin(table), std::end(table),
                                  [&](const BuiltinGraph& g) { return g.name == name; });
  return found == std::end(table) ? nullptr : found;
}

Result<Graph> load_builtin_graph(const BuiltinGraph& graph) {
  for (const auto& directory : data_directories()) {
    std::error_code error;
    if (!std::filesystem::exists(directory / graph.file, error)) continue;
    COHORT_TRY(GraphFile file, read_graph(directory / graph.file));
    if (file.graph.nodes() != graph.nodes || file.graph.edges() != graph.edges) {
      return bad_input(fmt::format("{}: expected {} nodes and {} edges, found {} and {}",
                                   (directory / graph.file).string(), graph.nodes, graph.edges,
                                   file.graph.nodes(), file.graph.edges()));
    }
    return std::move(file.graph);
  }
  return bad_input(
      fmt::format("graph {}: {} is in none of the data folders", graph.name, graph.file));
}

}  // namespace cohort
