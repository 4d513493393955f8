#pragma once
// The rules of the tree that a compiler does not check, as functions from the text of a file to the
// list of what is wrong in it. source_tree_test.cpp applies them to the tree, rules_test.cpp to
// planted violations.

#include <algorithm>
#include <array>
#include <cctype>
#include <functional>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace cohort::architecture {

using Violations = std::vector<std::string>;

/// What each room may include beyond itself: the table of docs/architecture.md.
inline const std::map<std::string, std::set<std::string>, std::less<>>& allowed_rooms() {
  static const std::map<std::string, std::set<std::string>, std::less<>> table = {
      {"core", {}},
      {"problems", {"core"}},
      {"algorithms", {"core"}},
      {"comm", {"core"}},
      {"worker", {"core", "problems", "algorithms", "comm"}},
      {"coordinator", {"core", "algorithms", "comm"}},
      {"scenarios", {"core", "problems", "algorithms", "comm", "worker", "coordinator", "bench"}},
      {"bench", {"core", "problems", "algorithms", "comm", "worker", "coordinator", "scenarios"}},
  };
  return table;
}

/// The first folder of a path: "core" of "core/bytes.hpp", "" of "main.cpp".
inline std::string room_of(std::string_view path) {
  const auto slash = path.find('/');
  return slash == std::string_view::npos ? std::string() : std::string(path.substr(0, slash));
}

enum class Strip { comments, comments_and_literals };

/// The text with comments (and the insides of string and character literals) blanked out; lines
/// stay where they were. Digit separators (1'000) are not literals.
inline std::string stripped(std::string_view text, Strip what) {
  std::string out(text);
  const auto blank = [&](std::size_t from, std::size_t to) {
    for (std::size_t k = from; k < std::min(to, out.size()); ++k)
      if (out[k] != '\n') out[k] = ' ';
  };
  const auto word = [&](std::size_t k) {
    return std::isalnum(static_cast<unsigned char>(text[k])) != 0 || text[k] == '_';
  };
  std::size_t i = 0;
  while (i < text.size()) {
    std::size_t end = i + 1;
    if (text.substr(i, 2) == "//") {
      end = std::min(text.find('\n', i), text.size());
      blank(i, end);
    } else if (text.substr(i, 2) == "/*") {
      end = text.find("*/", i + 2);
      end = end == std::string_view::npos ? text.size() : end + 2;
      blank(i, end);
    } else if (text.substr(i, 2) == "R\"" && (i == 0 || !word(i - 1))) {
      const auto open = text.find('(', i);
      if (open == std::string_view::npos) break;
      std::string close(text.substr(i + 1, open - i));  // "tag( becomes )tag"
      close.front() = ')';
      close.back() = '"';
      end = text.find(close, open);
      end = end == std::string_view::npos ? text.size() : end + close.size();
      if (what == Strip::comments_and_literals) blank(i + 2, end - 1);
    } else if (text[i] == '"' || (text[i] == '\'' && (i == 0 || !word(i - 1)))) {
      while (end < text.size() && text[end] != text[i] && text[end] != '\n')
        end += text[end] == '\\' ? 2U : 1U;
      if (what == Strip::comments_and_literals) blank(i + 1, end);
      end = std::min(end + 1, text.size());
    }
    i = end;
  }
  return out;
}

/// Calls visit(line number from 1, line) for each line.
template <class Visit>
void for_each_line(const std::string& text, Visit&& visit) {
  std::istringstream in(text);
  std::string line;
  for (std::size_t number = 1; std::getline(in, line); ++number) visit(number, line);
}

inline std::string at(std::string_view path, std::size_t line) {
  return std::string(path) + ":" + std::to_string(line) + ": ";
}

/// Rooms include only what the table allows, by their path from the root; MPI and ZeroMQ stay in
/// comm/; algorithms touch no file and no clock; the standard library's random numbers, which
/// differ between implementations, are used nowhere; fmt and Eigen/Dense stay out of headers.
inline Violations include_violations(const std::string& path, const std::string& text) {
  static const std::regex include(R"(^\s*#\s*include\s*([<"])([^>"]+)[>"])");
  static const std::set<std::string, std::less<>> wires = {"mpi.h", "zmq.h", "zmq.hpp",
                                                           "zmq_addon.hpp"};
  static const std::set<std::string, std::less<>> outside = {"chrono", "filesystem", "fstream",
                                                             "iostream"};
  const std::string room = room_of(path);
  const auto own = allowed_rooms().find(room);
  if (own == allowed_rooms().end()) return {};
  std::string allowed = room;
  for (const auto& other : own->second) allowed += ", " + other;
  const bool header = path.ends_with(".hpp");

  Violations out;
  for_each_line(stripped(text, Strip::comments), [&](std::size_t number, const std::string& line) {
    std::smatch match;
    if (!std::regex_search(line, match, include)) return;
    const std::string target = match[2];
    const std::string target_room = room_of(target);
    const auto complain = [&](const std::string& why) {
      out.push_back(at(path, number) + "includes " + target + ": " + why);
    };
    if (allowed_rooms().contains(target_room)) {
      if (target_room != room && !own->second.contains(target_room))
        complain(room + "/ may include " + allowed);
    } else if (match[1] == "\"") {
      complain("quotes are for paths from the root, " + room + "/ may include " + allowed);
    } else if (wires.contains(target) && room != "comm") {
      complain("only comm/ may");
    } else if (outside.contains(target) && room == "algorithms") {
      complain("algorithms/ touches no file and no clock");
    } else if (target == "random") {
      complain("draws come from core/random.hpp");
    } else if (header && target.starts_with("fmt/")) {
      complain("fmt stays in .cpp files");
    } else if (header && target == "Eigen/Dense") {
      complain("headers include Eigen/Core, solvers stay in .cpp files");
    }
  });
  return out;
}

/// Reductions and transcendentals whose bits depend on the machine (libm dispatches by CPU, Eigen's
/// reductions peel by address): they come from core/kernels. sqrt is exactly rounded everywhere. A
/// line that ends in `// bits: why` is exempt, for integers and the like.
inline Violations numeric_violations(const std::string& path, const std::string& text) {
  static const std::set<std::string, std::less<>> rooms = {"algorithms", "problems", "worker"};
  if (!rooms.contains(room_of(path))) return {};
  static const std::string functions =
      "exp|exp2|expm1|log|log2|log10|log1p|pow|sin|cos|tan|asin|acos|atan|atan2|sinh|cosh|tanh|"
      "asinh|acosh|atanh|erf|erfc|tgamma|lgamma|cbrt|hypot";
  static const std::string reductions =
      "sum|mean|prod|trace|dot|norm|squaredNorm|stableNorm|blueNorm|hypotNorm|lpNorm|normalize|"
      "normalized|redux";
  static const std::array<std::regex, 4> banned = {
      std::regex(R"((\.|->)\s*(template\s+)?()" + reductions + R"()\s*(<[^()]*>)?\s*\()"),
      std::regex(R"((\.|->)\s*()" + functions + R"()\s*\()"),
      std::regex(R"(\bstd\s*::\s*()" + functions + R"()[fl]?\s*\()"),
      std::regex(R"(\bstd\s*::\s*(reduce|transform_reduce)\s*[(<])"),
  };
  // A call by its bare name, as after `using std::exp`; a declaration `double exp(` looks the same.
  static const std::regex bare(R"((^|[^\w:.>])()" + functions + R"()\s*\()");

  std::vector<std::string> original;
  for_each_line(text, [&](std::size_t, const std::string& line) { original.push_back(line); });
  Violations out;
  for_each_line(stripped(text, Strip::comments_and_literals), [&](std::size_t number,
                                                                  const std::string& line) {
    static const std::regex exempt(R"(// bits: \S)");
    if (std::regex_search(original[number - 1], exempt)) return;
    std::smatch match;
    const bool found =
        std::any_of(banned.begin(), banned.end(),
                    [&](const auto& r) { return std::regex_search(line, match, r); }) ||
        std::regex_search(line, match, bare);
    if (found)
      out.push_back(at(path, number) + "`" + match.str() +
                    "…)`: the bits differ between machines; use core/kernels");
  });
  return out;
}

/// Every algorithm, a header of a folder of algorithms/ other than its list of names, has a test
/// file of its own name below tests/algorithms/. `paths` are the files of the tree.
/// Headers that declare no name are what algorithms share.
inline Violations untested_algorithms(
    const std::vector<std::string>& paths,
    const std::function<std::string(const std::string& path)>& content) {
  static const std::regex named(R"(\bstring_view\s+name\s*=)");
  static const std::regex algorithm(R"(^algorithms/(?:\w+/)+(\w+)\.hpp$)");
  static const std::regex test(R"(^tests/algorithms/(?:\w+/)*(\w+)_test\.cpp$)");
  std::set<std::string> tested;
  std::smatch match;
  for (const auto& path : paths)
    if (std::regex_match(path, match, test)) tested.insert(match[1]);
  Violations out;
  for (const auto& path : paths)
    if (std::regex_match(path, match, algorithm) && !tested.contains(match[1]) &&
        std::regex_search(content(path), named))
      out.push_back(path + ": no test tests/algorithms/…/" + match[1].str() + "_test.cpp");
  return out;
}

/// The name under which an algorithm is registered is the name of its file.
inline Violations misnamed_algorithms(const std::string& path, const std::string& text) {
  static const std::regex file(R"(^algorithms/(?:\w+/)+(\w+)\.hpp$)");
  static const std::regex declared(R"rx(\bstring_view\s+name\s*=\s*"([^"]*)")rx");
  std::smatch own;
  if (!std::regex_match(path, own, file)) return {};
  Violations out;
  for_each_line(stripped(text, Strip::comments), [&](std::size_t number, const std::string& line) {
    std::smatch match;
    if (std::regex_search(line, match, declared) && match[1] != own[1])
      out.push_back(at(path, number) + "the name is \"" + match[1].str() + "\", the file's is \"" +
                    own[1].str() + "\"");
  });
  return out;
}

}  // namespace cohort::architecture
