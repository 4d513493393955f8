#include "scenarios/sweep/table.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <vector>

#include "scenarios/sweep/board.hpp"

namespace cohort {

namespace {

/// Columns in the order in which they were first named.
class Columns {
 public:
  std::size_t at(const std::string& name) {
    const auto [found, is_new] = index_.emplace(name, names_.size());
    if (is_new) names_.push_back(name);
    return found->second;
  }
  const std::vector<std::string>& names() const { return names_; }

 private:
  std::vector<std::string> names_;
  std::map<std::string, std::size_t> index_;
};

/// A part of the table: every row may add columns.
class Block {
 public:
  explicit Block(std::size_t rows) : cells_(rows) {}
  void set(std::size_t row, const std::string& column, std::string text) {
    auto& cells = cells_[row];
    const std::size_t at = columns_.at(column);
    if (cells.size() <= at) cells.resize(at + 1);
    cells[at] = std::move(text);
  }
  void append_header(std::vector<std::string>& out) const {
    out.insert(out.end(), columns_.names().begin(), columns_.names().end());
  }
  void append(std::size_t row, std::vector<std::string>& out) const {
    auto cells = cells_[row];
    cells.resize(columns_.names().size());
    out.insert(out.end(), cells.begin(), cells.end());
  }

 private:
  Columns columns_;
  std::vector<std::vector<std::string>> cells_;
};

std::string number(double x) {
  if (!std::isfinite(x)) return {};
  std::array<char, 32> buffer{};
  return {buffer.data(), std::to_chars(buffer.data(), buffer.data() + buffer.size(), x).ptr};
}

std::string text_of(const ConfigNode& value) {
  return value.is_text() ? value.text() : value.to_toml();
}

std::string cell(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

void append_line(const std::vector<std::string>& cells, std::string& out) {
  for (std::size_t i = 0; i < cells.size(); ++i) out += (i > 0 ? "," : "") + cell(cells[i]);
  out += '\n';
}

class TableText {
 public:
  explicit TableText(const Board& board)
      : sweep_(board.sweep()),
        rows_(board.points().size()),
        point_(rows_),
        tuned_(rows_),
        end_(rows_),
        final_(rows_),
        best_(rows_),
        place_(rows_) {
    for (const SweepCase& one : sweep_.cases) name_tuned(one);
    for (std::size_t row = 0; row < rows_; ++row) {
      const RunStatus& status = board.points()[row];
      fill_point(row, status.run);
      fill_choice(row, status, board.variant_of(status));
      fill_end(row, status);
    }
  }

  std::string text() const {
    std::string out;
    std::vector<std::string> line;
    for (const Block* block : blocks()) block->append_header(line);
    append_line(line, out);
    for (std::size_t row = 0; row < rows_; ++row) {
      line.clear();
      for (const Block* block : blocks()) block->append(row, line);
      append_line(line, out);
    }
    return out;
  }

 private:
  std::array<const Block*, 6> blocks() const {
    return {&point_, &tuned_, &end_, &final_, &best_, &place_};
  }

  /// Before any choice is known, so that the columns are always the same.
  void name_tuned(const SweepCase& one) {
    if (!one.tuning) return;
    for (const Axis& axis : one.tuning->candidates.axes) tuned_.set(0, axis.key, "");
  }

  void fill_point(std::size_t row, const SweepRun& run) {
    point_.set(row, "point", std::to_string(run.number));
    point_.set(row, "case", sweep_.case_of(run.variant).name);
    const auto index = sweep_.grid.at(run.variant % sweep_.grid.size());
    for (std::size_t a = 0; a < index.size(); ++a) {
      const Axis& axis = sweep_.grid.axes[a];
      point_.set(row, axis.key, text_of(axis.values[index[a]]));
    }
    point_.set(row, "seed", std::to_string(sweep_.seed_of(run)));
  }

  void fill_choice(std::size_t row, const RunStatus& status, const VariantStatus& variant) {
    std::string edge;
    if (variant.choice && status.run.candidate) {
      const Tuning& tuning = *sweep_.case_of(status.run.variant).tuning;
      const auto index = tuning.candidates.at(variant.choice->candidate);
      for (std::size_t a = 0; a < index.size(); ++a) {
        const Axis& axis = tuning.candidates.axes[a];
        tuned_.set(row, axis.key, text_of(axis.values[index[a]]));
      }
      edge = edge_text(tuning, *variant.choice);
    }
    end_.set(row, "edge", edge);
  }

  void fill_end(std::size_t row, const RunStatus& status) {
    const bool has_result =
        status.state == RunState::finished || status.state == RunState::diverged;
    const Summary& s = status.summary;
    end_.set(row, "status", std::string(to_string(status.state)));
    end_.set(row, "stop_reason", status.reason);
    end_.set(row, "rounds", has_result ? std::to_string(s.rounds) : "");
    place_.set(row, "model_hash", s.model_hash);
    place_.set(row, "directory", status.directory.generic_string());
    if (!has_result) return;
    for (const auto& [name, value] : flattened(s.final)) final_.set(row, name, number(value));
    Measured rounds;
    for (const auto& [set, metrics] : s.best_round) {
      for (const auto& [metric, round] : metrics) {
        rounds[set][metric] = static_cast<double>(round);
      }
    }
    for (const auto& [name, value] : flattened(s.best)) {
      best_.set(row, "best_" + name, number(value));
      best_.set(row, "best_" + name + "_round", "");
    }
    for (const auto& [name, round] : flattened(rounds)) {
      best_.set(row, "best_" + name + "_round", number(round));
    }
  }

  const Sweep& sweep_;
  std::size_t rows_;
  Block point_, tuned_, end_, final_, best_, place_;
};

}  // namespace

std::string table_of(const Board& board) { return TableText(board).text(); }

}  // namespace cohort
