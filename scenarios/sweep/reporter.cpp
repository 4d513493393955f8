#include "scenarios/sweep/reporter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

namespace cohort {

namespace {

constexpr std::size_t most_metrics = 4;  // columns of the closing table

std::string with_reason(const RunStatus& status) {
  if (status.state == RunState::failed) return "failed: " + status.reason;
  const Summary& s = status.summary;
  std::string text =
      fmt::format("{} after {} rounds ({})", to_string(status.state), s.rounds, status.reason);
  if (const std::string measured = to_text(s.final); !measured.empty()) text += "  " + measured;
  return text;
}

std::string in_words(std::string flat_name) {
  std::replace(flat_name.begin(), flat_name.end(), '_', ' ');
  return flat_name;
}

/// Cells in columns as wide as their widest, the first one to the left.
class TextTable {
 public:
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  std::string text() const {
    std::vector<std::size_t> widths;
    for (const auto& row : rows_) {
      widths.resize(std::max(widths.size(), row.size()));
      for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
    }
    std::string out;
    for (const auto& row : rows_) {
      std::string line;
      for (std::size_t i = 0; i < row.size(); ++i) {
        const std::string blanks(widths[i] - width(row[i]), ' ');
        line += i == 0 ? row[i] + blanks : "  " + blanks + row[i];
      }
      line.erase(line.find_last_not_of(' ') + 1);
      out += line + "\n";
    }
    return out;
  }

 private:
  /// Characters, not bytes: "±" is one.
  static std::size_t width(const std::string& text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
      return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    }));
  }
  std::vector<std::vector<std::string>> rows_;
};

/// "0.912 ± 0.004", or the one value.
std::string mean_and_deviation(const std::vector<double>& values) {
  if (values.empty()) return "–";
  double sum = 0, squares = 0;
  for (const double x : values) sum += x;
  const double n = static_cast<double>(values.size());
  const double mean = sum / n;
  if (values.size() == 1) return fmt::format("{:.4g}", mean);
  for (const double x : values) squares += (x - mean) * (x - mean);
  return fmt::format("{:.4g} ± {:.2g}", mean, std::sqrt(squares / (n - 1)));
}

std::string states_in_words(const std::vector<RunStatus>& points) {
  std::array<std::size_t, 5> counts{};
  for (const RunStatus& status : points) ++counts[static_cast<std::size_t>(status.state)];
  std::string out;
  for (const RunState state : {RunState::finished, RunState::diverged, RunState::failed,
                               RunState::unfinished, RunState::missing}) {
    const std::size_t n = counts[static_cast<std::size_t>(state)];
    if (n > 0) out += fmt::format("{}{} {}", out.empty() ? "" : ", ", n, to_string(state));
  }
  return out;
}

/// Names of what the points measured at their end, in the order in which they came up.
std::vector<std::string> metrics_of(const Board& board) {
  std::vector<std::string> names;
  for (const RunStatus& status : board.points()) {
    for (const auto& [name, value] : flattened(status.summary.final)) {
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
  }
  return names;
}

std::vector<std::string> row_of(const Board& board, std::size_t v,
                                const std::vector<std::string>& metrics, bool is_tuned) {
  const Sweep& sweep = board.sweep();
  std::size_t points = 0, finished = 0;
  std::map<std::string, std::vector<double>> values;
  for (const RunStatus& status : board.points()) {
    if (status.run.variant != v) continue;
    ++points;
    if (status.state != RunState::finished) continue;
    ++finished;
    for (const auto& [name, value] : flattened(status.summary.final)) values[name].push_back(value);
  }
  std::vector<std::string> row = {sweep.variant_title(v), fmt::format("{}/{}", finished, points)};
  if (is_tuned) {
    const auto& choice = board.variant(v).choice;
    row.push_back(!choice ? "–"
                          : sweep.case_of(v).tuning->candidates.name(choice->candidate, ", ") +
                                (choice->is_at_edge() ? " (edge)" : ""));
  }
  for (const std::string& metric : metrics) row.push_back(mean_and_deviation(values[metric]));
  return row;
}

}  // namespace

SweepReporter::SweepReporter(const Board& board, std::vector<std::uint64_t> points)
    : board_(board), points_(std::move(points)) {
  for_each_run([&](const RunStatus& status) {
    if (status.is_over()) {
      told_.insert(label(status));
    } else {
      ++wanted_;
    }
    const std::size_t v = status.run.variant;
    if (board_.variant(v).choice) told_.insert(board_.sweep().variant_title(v));
  });
}

template <class Visit>
void SweepReporter::for_each_run(Visit&& visit) const {
  std::set<std::size_t> seen;
  for (const std::uint64_t number : points_) {
    const RunStatus& point = board_.point(number);
    if (seen.insert(point.run.variant).second) {
      for (const RunStatus& trial : board_.variant_of(point).tuning) visit(trial);
    }
    visit(point);
  }
}

std::string SweepReporter::label(const RunStatus& status) const {
  const SweepRun& run = status.run;
  const Sweep& sweep = board_.sweep();
  return run.is_tuning()
             ? fmt::format("tuning {}/{}  {}", run.trial + 1,
                           board_.variant(run.variant).tuning.size(), sweep.title(run))
             : fmt::format("point {}/{}  {}", run.number, sweep.points(), sweep.title(run));
}

std::optional<Seconds> SweepReporter::time_left() const {
  if (ended_ == 0 || ended_ > wanted_) return std::nullopt;
  return clock_.now() / static_cast<double>(ended_) * static_cast<double>(wanted_ - ended_);
}

std::string SweepReporter::title(const RunStatus& status) {
  const auto left = time_left();
  return label(status) + (left ? "  " + duration_text(*left) + " left" : "");
}

void SweepReporter::print(const std::string& line) {
  if (line_) {
    line_->print(line);
  } else {
    fmt::print("{}\n", line);
    std::fflush(stdout);
  }
}

void SweepReporter::tell(const RunStatus& status) {
  if (!status.is_over() || !told_.insert(label(status)).second) return;
  ++ended_;
  print(fmt::format("{}: {}", label(status), with_reason(status)));
  if (status.state == RunState::failed) {
    fmt::print(stderr, "cohort: {}: {}\n", board_.path(status).string(), status.reason);
  }
}

void SweepReporter::tell_choice(std::size_t v) {
  const Sweep& sweep = board_.sweep();
  const auto& choice = board_.variant(v).choice;
  if (!choice || !told_.insert(sweep.variant_title(v)).second) return;
  for (const std::string& line : choice_lines(*sweep.case_of(v).tuning, *choice)) {
    print(fmt::format("{}: {}", sweep.variant_title(v), line));
  }
}

void SweepReporter::update() {
  for_each_run([&](const RunStatus& status) {
    if (!status.run.is_tuning()) tell_choice(status.run.variant);
    tell(status);
  });
}

void SweepReporter::show_progress() {
  if (!line_) {
    line_ = ProgressLine::of_stdout(wanted_, {.title = "", .noun = "run", .is_transient = true});
    line_->update(0, nullptr, clock_.now());
  }
  update();
  if (ended_ < wanted_) {
    line_->update(ended_, nullptr, clock_.now());
  } else {
    line_->finish();
  }
}

std::string list_points(const Board& board) {
  const Sweep& sweep = board.sweep();
  std::string out;
  std::vector<RunStatus> tuning;
  for (const RunStatus& status : board.points()) {
    const VariantStatus& variant = board.variant_of(status);
    out += fmt::format("{:>{}}/{}  {:<10}  {}", status.run.number,
                       std::to_string(sweep.points()).size(), sweep.points(),
                       to_string(status.state), sweep.title(status.run));
    if (variant.choice) {
      const Grid& candidates = sweep.case_of(status.run.variant).tuning->candidates;
      out += ", tuned to " + candidates.name(variant.choice->candidate, ", ");
    }
    out += '\n';
  }
  for (std::size_t v = 0; v < sweep.variants(); ++v) {
    const auto& of_variant = board.variant(v).tuning;
    tuning.insert(tuning.end(), of_variant.begin(), of_variant.end());
  }
  out += fmt::format("\n{}\npoints: {}\n", sweep.shape(), states_in_words(board.points()));
  if (!tuning.empty()) out += fmt::format("tuning: {}\n", states_in_words(tuning));
  return out;
}

std::string closing_table(const Board& board) {
  const Sweep& sweep = board.sweep();
  auto metrics = metrics_of(board);
  const bool are_cut = metrics.size() > most_metrics;
  if (are_cut) metrics.resize(most_metrics);
  const bool is_tuned = std::any_of(sweep.cases.begin(), sweep.cases.end(),
                                    [](const SweepCase& one) { return one.tuning.has_value(); });
  TextTable table;
  std::vector<std::string> header = {"", "done"};
  if (is_tuned) header.emplace_back("tuned to");
  for (const std::string& metric : metrics) header.push_back(in_words(metric));
  table.add(std::move(header));
  for (std::size_t v = 0; v < sweep.variants(); ++v) table.add(row_of(board, v, metrics, is_tuned));
  std::string out = table.text();
  if (out.find("±") != std::string::npos) out += "Mean ± standard deviation over seeds.\n";
  for (std::size_t v = 0; v < sweep.variants(); ++v) {
    const auto& choice = board.variant(v).choice;
    if (!choice || (choice->mean && !choice->is_at_edge())) continue;
    for (const std::string& line : choice_lines(*sweep.case_of(v).tuning, *choice)) {
      if (!line.starts_with("tuned")) out += fmt::format("{}: {}\n", sweep.variant_title(v), line);
    }
  }
  return out;
}

}  // namespace cohort
