#include "core/config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numeric>

namespace cohort {

const ConfigNode* ConfigNode::find(std::string_view key) const {
  if (!is_table()) return nullptr;
  for (const auto& [name, node] : table()) {
    if (name == key) return &node;
  }
  return nullptr;
}

ConfigNode* ConfigNode::find(std::string_view key) {
  return const_cast<ConfigNode*>(std::as_const(*this).find(key));
}

ConfigNode& ConfigNode::set(std::string_view key, ConfigNode node) {
  if (is_none()) value = Table{};
  if (ConfigNode* present = find(key)) return *present = std::move(node);
  return table().emplace_back(std::string(key), std::move(node)).second;
}

std::string_view ConfigNode::kind() const {
  constexpr std::array<std::string_view, 7> names = {
      "nothing", "a truth value", "a whole number", "a number", "a text", "a list", "a table"};
  return names.at(value.index());
}

namespace {

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    } else {
      out += c;
    }
  }
  return out + '"';
}

bool is_bare_key(std::string_view key) {
  return !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
}

// The shortest text that reads back to the same double, always recognisable as a number with a
// fraction or an exponent.
std::string number(double x) {
  if (std::isnan(x)) return "nan";
  if (std::isinf(x)) return x > 0 ? "inf" : "-inf";
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), x).ptr;
  std::string text(buffer.data(), end);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

}  // namespace

std::string ConfigNode::to_toml() const {
  struct Visitor {
    std::string operator()(std::monostate) const { return "\"\""; }
    std::string operator()(bool v) const { return v ? "true" : "false"; }
    std::string operator()(std::int64_t v) const { return std::to_string(v); }
    std::string operator()(double v) const { return number(v); }
    std::string operator()(const std::string& v) const { return quoted(v); }
    std::string operator()(const List& v) const {
      std::string out = "[";
      for (const auto& node : v) out += (out.size() > 1 ? ", " : "") + node.to_toml();
      return out + "]";
    }
    std::string operator()(const Table& v) const {
      if (v.empty()) return "{}";
      std::string out = "{ ";
      for (const auto& [key, node] : v) {
        out += (out.size() > 2 ? ", " : "") + (is_bare_key(key) ? key : quoted(key)) + " = " +
               node.to_toml();
      }
      return out + " }";
    }
  };
  return std::visit(Visitor{}, value);
}

ConfigNode config_table() { return config_value(ConfigNode::Table{}); }

void Mistakes::add(const Spot& spot, std::string message) {
  if (spot.line > 0) {
    messages_.push_back(fmt::format("{}:{}:{}: {}", spot.file, spot.line, spot.column, message));
  } else if (!spot.file.empty()) {
    messages_.push_back(fmt::format("{}: {}", spot.file, message));
  } else {
    messages_.push_back(std::move(message));
  }
}

Result<void> Mistakes::result() const {
  if (messages_.empty()) return {};
  std::string all;
  for (const auto& m : messages_) all += (all.empty() ? "" : "\n") + m;
  return bad_input(std::move(all));
}

std::string nearest_name(std::string_view wanted, const std::vector<std::string>& candidates) {
  std::string best;
  // A name further away than a third of its length is no typo.
  std::size_t best_distance = std::max<std::size_t>(2, wanted.size() / 3) + 1;
  for (const auto& candidate : candidates) {
    std::vector<std::size_t> row(candidate.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      std::size_t diagonal = std::exchange(row[0], i + 1);
      for (std::size_t j = 0; j < candidate.size(); ++j) {
        const std::size_t substituted = diagonal + (wanted[i] != candidate[j]);
        diagonal = row[j + 1];
        row[j + 1] = std::min({substituted, row[j] + 1, row[j + 1] + 1});
      }
    }
    if (row.back() < best_distance) {
      best_distance = row.back();
      best = candidate;
    }
  }
  return best;
}

std::string_view foreign_hint(std::string_view foreign) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 24> names = {{
      {"lr", "learning_rate"},
      {"eta", "learning_rate"},
      {"step_size", "learning_rate"},
      {"client_lr", "method.local.optimizer.learning_rate"},
      {"server_lr", "method.server.optimizer.learning_rate"},
      {"fraction_fit", "clients.participation"},
      {"fraction", "clients.participation"},
      {"C", "clients.participation"},
      {"clients_per_round", "clients.cohort_size"},
      {"min_fit_clients", "clients.cohort_size"},
      {"num_clients", "clients.count"},
      {"n_clients", "clients.count"},
      {"num_rounds", "schedule.rounds"},
      {"n_rounds", "schedule.rounds"},
      {"comm_round", "schedule.rounds"},
      {"E", "method.local_epochs"},
      {"epochs", "method.local_epochs"},
      {"B", "method.batch_size"},
      {"nb_byz", "clients.byzantine"},
      {"num_byzantine", "clients.byzantine"},
      {"nb_honest", "clients.count"},
      {"aggregator", "aggregation.rule"},
      {"dataset", "data.name"},
      {"weight_decay", "a transform { type = \"weight_decay\" }, or model.l2"},
  }};
  for (const auto& [theirs, ours] : names) {
    if (theirs == foreign) return ours;
  }
  return {};
}

std::string unknown_name_message(std::string_view what, std::string_view name,
                                 std::string_view where,
                                 const std::vector<std::string>& candidates) {
  std::string message = fmt::format("unknown {} '{}' in {}", what, name, where);
  const std::string near = nearest_name(name, candidates);
  const std::string_view hint = foreign_hint(name);
  // Short foreign names ('lr', 'E') are near to anything.
  if (!hint.empty()) {
    message += fmt::format("; Cohort calls it {}", hint);
  } else if (!near.empty()) {
    message += fmt::format("; did you mean '{}'?", near);
  } else if (!candidates.empty()) {
    message += fmt::format("; expected one of {}", fmt::join(candidates, ", "));
  }
  return message;
}

}  // namespace cohort
