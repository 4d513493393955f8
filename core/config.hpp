#pragma once
// ConfigNode: a value of a scenario with the place it came from, and Mistakes: every error of a
// scenario, collected so that all are told in one go.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/result.hpp"

namespace cohort {

/// Where a value stands; line 0 means that it came from no file (a default, or --set).
struct Spot {
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

struct ConfigNode {
  using List = std::vector<ConfigNode>;
  using Table = std::vector<std::pair<std::string, ConfigNode>>;  // in the order of the file

  std::variant<std::monostate, bool, std::int64_t, double, std::string, List, Table> value;
  Spot spot;

  bool is_none() const { return std::holds_alternative<std::monostate>(value); }
  bool is_table() const { return std::holds_alternative<Table>(value); }
  bool is_list() const { return std::holds_alternative<List>(value); }
  bool is_text() const { return std::holds_alternative<std::string>(value); }
  const Table& table() const { return std::get<Table>(value); }
  Table& table() { return std::get<Table>(value); }
  const List& list() const { return std::get<List>(value); }
  const std::string& text() const { return std::get<std::string>(value); }

  /// nullptr if this is no table or has no such key.
  const ConfigNode* find(std::string_view key) const;
  ConfigNode* find(std::string_view key);
  /// Adds or replaces; makes a table of a node without a value.
  ConfigNode& set(std::string_view key, ConfigNode node);
  /// "a number", "a text", … for messages.
  std::string_view kind() const;
  /// The value as TOML would write it on one line.
  std::string to_toml() const;
};

ConfigNode config_table();
template <class T>
ConfigNode config_value(T value) {
  ConfigNode node;
  node.value = std::move(value);
  return node;
}

class Mistakes {
 public:
  void add(const Spot& spot, std::string message);
  bool empty() const { return messages_.empty(); }
  const std::vector<std::string>& messages() const { return messages_; }
  /// All of them, one a line, as one Error of bad input.
  Result<void> result() const;

 private:
  std::vector<std::string> messages_;
};

/// The candidate with the least edit distance, or empty if none is near.
std::string nearest_name(std::string_view wanted, const std::vector<std::string>& candidates);
/// What Cohort calls an option that another framework calls `foreign`, or empty.
std::string_view foreign_hint(std::string_view foreign);
/// "unknown option 'x' in [y]; did you mean 'z'?" with everything that is known about it.
std::string unknown_name_message(std::string_view what, std::string_view name,
                                 std::string_view where,
                                 const std::vector<std::string>& candidates);

}  // namespace cohort
