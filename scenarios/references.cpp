#include "scenarios/references.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "core/build_info.hpp"
#include "core/file.hpp"

namespace cohort {

namespace {

constexpr std::string_view blanks = " \t\n";

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const auto end = std::min(text.find(separator), text.size());
    if (const auto part = trim(text.substr(0, end)); !part.empty()) parts.emplace_back(part);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

/// Of a text at '{': the text up to its '}', both included; empty if there is none.
std::string_view braced(std::string_view text) {
  std::size_t depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '{') ++depth;
    if (text[i] == '}' && --depth == 0) return text.substr(0, i + 1);
  }
  return {};
}

/// What LaTeX would read as something else.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view("_&%#$").find(c) != std::string_view::npos) out += '\\';
    if (std::string_view("{}\\~^").find(c) == std::string_view::npos) out += c;
  }
  return out;
}

/// What is used, in the order in which it was named, and for what.
class Used {
 public:
  explicit Used(std::vector<Reference> known) : known_(std::move(known)) {}

  void add(const std::string& what, const std::string& source) {
    for (const std::string& part : sources_of(source)) {
      const auto found = std::find_if(known_.begin(), known_.end(), [&](const Reference& r) {
        return std::find(r.cited.begin(), r.cited.end(), part) != r.cited.end();
      });
      add_entry(what, found != known_.end() ? found->text : fmt::format("% {}", part));
    }
  }
  void add_entry(const std::string& what, const std::string& text) {
    for (auto& [known, uses] : entries_) {
      if (known == text) {
        if (std::find(uses.begin(), uses.end(), what) == uses.end()) uses.push_back(what);
        return;
      }
    }
    entries_.push_back({text, {what}});
  }
  std::string text() const {
    std::string out;
    for (const auto& [entry, uses] : entries_) {
      out += fmt::format("\n% {}\n{}\n", fmt::join(uses, "; "), entry);
    }
    return out;
  }

 private:
  std::vector<Reference> known_;
  std::vector<std::pair<std::string, std::vector<std::string>>> entries_;
};

}  // namespace

std::vector<std::string> sources_of(std::string_view source) { return split(source, ';'); }

Result<std::vector<Reference>> parse_references(std::string_view text) {
  std::vector<Reference> references;
  for (auto at = text.find("\n@"); at != std::string_view::npos; at = text.find("\n@", at + 1)) {
    const std::string_view rest = text.substr(at + 1);
    const auto open = rest.find('{');
    const std::string_view body =
        open == std::string_view::npos ? std::string_view{} : braced(rest.substr(open));
    const auto wrong = [&](std::string_view expected) {
      return bad_input(fmt::format("references: expected {} in the entry that begins with '{}'",
                                   expected, rest.substr(0, rest.find('\n'))));
    };
    if (body.empty()) return wrong("as many '}' as '{'");
    Reference reference;
    const auto comma = body.find(',');
    if (comma == std::string_view::npos) return wrong("a key");
    reference.key = trim(body.substr(1, comma - 1));
    // The entry without the line that is ours alone.
    for (const std::string& line : split(rest.substr(0, open + body.size()), '\n')) {
      constexpr std::string_view ours = "cited = {";
      if (line.starts_with(ours)) {
        const std::string_view value = braced(std::string_view(line).substr(ours.size() - 1));
        if (value.empty()) return wrong("cited on one line");
        reference.cited = split(value.substr(1, value.size() - 2), ';');
        continue;
      }
      const bool is_field = !line.starts_with('@') && line != "}";
      reference.text +=
          fmt::format("{}{}{}", reference.text.empty() ? "" : "\n", is_field ? "  " : "", line);
    }
    if (reference.cited.empty()) return wrong("cited");
    references.push_back(std::move(reference));
  }
  return references;
}

std::string references_of(const Scenario& scenario, std::span<const DataFile> files) {
  // What ships is whole: a test reads it.
  Used used(*parse_references(references_text()));
  used.add(fmt::format("cohort {}, commit {}", version(), commit()), "cohort");
  for (const Citation& c : scenario.chosen) used.add(c.path + " = " + c.name, c.source);
  if (scenario.data && !scenario.data->name.empty()) {
    used.add("data.name = " + scenario.data->name, "data " + scenario.data->name);
  } else {
    for (const DataFile& file : files) {
      used.add_entry(
          "data." + file.role,
          fmt::format("@misc{{data_{},\n  title = {{{}}},\n  note = {{XXH3-128 {}}}\n}}", file.role,
                      escaped(std::filesystem::path(file.path).filename().string()),
                      file.checksum.hex()));
    }
  }
  return "% What this run used, and where it is from.\n" + used.text();
}

Result<void> write_references(const std::filesystem::path& directory, const Scenario& scenario,
                              std::span<const DataFile> files) {
  const std::string text = references_of(scenario, files);
  return write_durably(directory / "references.bib", std::as_bytes(std::span(text)));
}

}  // namespace cohort
