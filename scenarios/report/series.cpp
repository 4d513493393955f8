#include "scenarios/report/series.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace cohort::report {

namespace {

constexpr std::string_view type_ending = ".type";

bool is_below(std::string_view path, std::string_view table) {
  return path.size() > table.size() && path.starts_with(table) && path[table.size()] == '.';
}

std::string_view parent(std::string_view path) {
  const std::size_t dot = path.rfind('.');
  return dot == std::string_view::npos ? std::string_view() : path.substr(0, dot);
}

/// The options of one series, for questions about them.
class Options {
 public:
  explicit Options(const std::vector<Option>& options) {
    for (const Option& option : options) by_path_.emplace(option.path, &option);
  }
  const Option* find(std::string_view path) const {
    const auto found = by_path_.find(path);
    return found == by_path_.end() ? nullptr : found->second;
  }
  bool has_below(std::string_view table) const {
    const auto found = by_path_.upper_bound(std::string(table) + ".");
    return found != by_path_.end() && is_below(found->first, table);
  }

 private:
  std::map<std::string_view, const Option*> by_path_;
};

/// Whether an algorithm that the option belongs to is another one: then it is no wonder that one
/// has the option and one does not. What stands beside a rule is the rule's.
bool is_of_another_algorithm(std::string_view path, const Options& a, const Options& b) {
  for (auto table = parent(path); !table.empty(); table = parent(table)) {
    for (const std::string_view ending : {".type", ".rule.type"}) {
      const std::string type = std::string(table) + std::string(ending);
      const Option* of_a = a.find(type);
      const Option* of_b = b.find(type);
      if (type != path && of_a != nullptr && of_b != nullptr && of_a->value != of_b->value) {
        return true;
      }
    }
  }
  return false;
}

/// The largest table above an option of which `lacking` has nothing; empty if there is none.
std::string_view absent_table(std::string_view path, const Options& lacking) {
  std::string_view absent;
  for (auto table = parent(path); !table.empty(); table = parent(table)) {
    if (!lacking.has_below(table)) absent = table;
  }
  return absent;
}

class Legend {
 public:
  explicit Legend(const std::vector<RunSeries>& series) {
    for (const RunSeries& one : series) {
      if (one.first().options.empty()) continue;
      members_.push_back({one.case_name, &one.first().options, Options(one.first().options)});
    }
    std::set<std::string_view> known;
    for (const Member& member : members_) {
      for (const Option& option : *member.list) {
        if (known.insert(option.path).second) paths_.push_back(option.path);
      }
    }
  }

  std::vector<LegendOption> options() const {
    std::vector<LegendOption> legend;
    for (const std::string& path : paths_) {
      if (differs(path)) legend.push_back({path, path});
    }
    for (LegendOption& option : legend) option.name = short_name(option.path, legend);
    return legend;
  }

  /// Of an option that a series lacks: "no byzantine", or empty.
  std::string absence(const std::string& path, const Options& lacking) const {
    for (const Member& member : members_) {
      if (member.options.find(path) == nullptr) continue;
      if (is_of_another_algorithm(path, member.options, lacking)) return "";
    }
    const std::string_view table = absent_table(path, lacking);
    const std::string_view what = table.empty() ? std::string_view(path) : table;
    return fmt::format("no {}", what.substr(what.rfind('.') + 1));
  }

 private:
  struct Member {
    std::string case_name;
    const std::vector<Option>* list;
    Options options;
  };

  bool differs(const std::string& path) const {
    const Option* common = members_.front().options.find(path);
    const auto has_common = [&](const Member& member) {
      const Option* own = member.options.find(path);
      return common != nullptr && own != nullptr && own->value == common->value;
    };
    if (std::all_of(members_.begin(), members_.end(), has_common)) return false;
    for (std::size_t i = 0; i < members_.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        if (members_[i].case_name == members_[j].case_name && differs(path, i, j)) return true;
      }
    }
    return false;
  }

  bool differs(const std::string& path, std::size_t i, std::size_t j) const {
    const Option* a = members_[i].options.find(path);
    const Option* b = members_[j].options.find(path);
    if (a == nullptr && b == nullptr) return false;
    if (a != nullptr && b != nullptr) return a->value != b->value;
    const Member& having = members_[a != nullptr ? i : j];
    const Member& lacking = members_[a != nullptr ? j : i];
    if (is_of_another_algorithm(path, having.options, lacking.options)) return false;
    const std::string_view table = absent_table(path, lacking.options);
    return table.empty() || path == speaker(table, having);
  }

  /// The option that stands for a whole table: its first type, else its first option.
  std::string_view speaker(std::string_view table, const Member& member) const {
    std::string_view first;
    for (const Option& option : *member.list) {
      if (!is_below(option.path, table)) continue;
      if (option.path.ends_with(type_ending)) return option.path;
      if (first.empty()) first = option.path;
    }
    return first;
  }

  static std::string_view said(std::string_view path) {
    return path.ends_with(type_ending) ? path.substr(0, path.size() - type_ending.size()) : path;
  }

  static std::string short_name(std::string_view path, const std::vector<LegendOption>& legend) {
    const std::string_view full = said(path);
    for (std::size_t dot = full.rfind('.'); dot != std::string_view::npos;
         dot = dot == 0 ? std::string_view::npos : full.rfind('.', dot - 1)) {
      const std::string_view end = full.substr(dot + 1);
      const auto is_ambiguous = [&](const LegendOption& other) {
        const std::string_view name = said(other.path);
        return other.path != path && (name == end || name.ends_with(full.substr(dot)));
      };
      if (std::none_of(legend.begin(), legend.end(), is_ambiguous)) return std::string(end);
    }
    return std::string(full);
  }

  std::vector<Member> members_;
  std::vector<std::string> paths_;
};

std::string key_of(std::vector<Option> options) {
  std::sort(options.begin(), options.end(),
            [](const Option& a, const Option& b) { return a.path < b.path; });
  std::string key;
  for (const Option& option : options) key += option.path + '=' + option.value + '\n';
  return key;
}

std::string grid_label(const Run& run) {
  std::vector<std::string> parts;
  if (!run.case_name.empty()) parts.push_back(run.case_name);
  for (const Option& option : run.grid) {
    parts.push_back(
        fmt::format("{}={}", option.path.substr(option.path.rfind('.') + 1), option.shown));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

/// Better to count: one that got further.
bool is_better(const Run& a, const Run& b) {
  if (a.status != b.status) return a.status < b.status;
  return a.history.round.size() > b.history.round.size();
}

/// Each seed once, ascending.
void settle(RunSeries& series, std::vector<std::string>& notes) {
  auto& runs = series.runs;
  std::stable_sort(runs.begin(), runs.end(), [](const Run& a, const Run& b) {
    return a.seeds != b.seeds ? a.seeds < b.seeds : is_better(a, b);
  });
  std::vector<Run> kept;
  for (Run& run : runs) {
    if (!kept.empty() && kept.back().seeds == run.seeds) {
      notes.push_back(fmt::format("{} has the options and seeds of {}: it is not counted again",
                                  run.place, kept.back().place));
    } else {
      kept.push_back(std::move(run));
    }
  }
  runs = std::move(kept);
}

std::vector<RunSeries> grouped(std::vector<Run> runs) {
  std::vector<RunSeries> series;
  std::map<std::string, std::size_t> by_key;
  std::map<std::string, std::size_t> by_grid;  // only of a sweep
  const auto grid_key = [](const Run& run) { return run.case_name + '\n' + key_of(run.grid); };
  const auto add = [&](const std::string& key, Run&& run) {
    const auto [at, is_new] = by_key.try_emplace(key, series.size());
    if (is_new) series.emplace_back();
    series[at->second].runs.push_back(std::move(run));
    return at->second;
  };
  std::vector<Run*> without_scenario;
  for (Run& run : runs) {
    if (run.options.empty()) {
      without_scenario.push_back(&run);
      continue;
    }
    const bool is_point = !run.case_name.empty() || !run.grid.empty();
    const std::string grid = is_point ? grid_key(run) : "";
    const std::size_t at = add(key_of(run.options), std::move(run));
    if (is_point) by_grid.try_emplace(grid, at);
  }
  for (Run* run : without_scenario) {
    const std::string grid = grid_key(*run);
    if (const auto found = by_grid.find(grid); found != by_grid.end()) {
      series[found->second].runs.push_back(std::move(*run));
    } else {
      add("no scenario\n" + grid, std::move(*run));
    }
  }
  return series;
}

void make_unique(std::vector<RunSeries>& series) {
  std::map<std::string, int> seen;
  for (RunSeries& one : series) {
    const int times = ++seen[one.label];
    if (times > 1) one.label += fmt::format(" ({})", times);
  }
}

}  // namespace

const Run& RunSeries::first() const {
  const auto found =
      std::find_if(runs.begin(), runs.end(), [](const Run& run) { return !run.options.empty(); });
  return found == runs.end() ? runs.front() : *found;
}

std::size_t RunSeries::count(Status status) const {
  return static_cast<std::size_t>(std::count_if(
      runs.begin(), runs.end(), [&](const Run& run) { return run.status == status; }));
}

SeriesSet group_runs(std::vector<Run> runs) {
  SeriesSet set;
  set.series = grouped(std::move(runs));
  std::set<std::string> cases;
  for (RunSeries& series : set.series) {
    settle(series, set.notes);
    for (const Run& run : series.runs) {
      if (series.case_name.empty()) series.case_name = run.case_name;
    }
    cases.insert(series.case_name);
  }
  if (set.series.size() == 1) return set;

  const Legend legend(set.series);
  set.legend = legend.options();
  for (RunSeries& series : set.series) {
    const Run& run = series.first();
    if (run.options.empty()) {
      series.label = grid_label(run);
      continue;
    }
    const Options options(run.options);
    std::vector<std::string> parts;
    const auto say = [&](std::string part) {
      const bool is_known = std::find(parts.begin(), parts.end(), part) != parts.end();
      if (!part.empty() && !is_known) parts.push_back(std::move(part));
    };
    if (cases.size() > 1) say(series.case_name);
    for (const LegendOption& option : set.legend) {
      const Option* own = options.find(option.path);
      series.legend.push_back(own == nullptr ? "" : own->shown);
      if (own == nullptr) {
        say(legend.absence(option.path, options));
      } else if (option.path.ends_with(type_ending) && option.name.find('.') == std::string::npos) {
        say(own->shown);
      } else {
        say(fmt::format("{}={}", option.name, own->shown));
      }
    }
    if (parts.empty()) parts.push_back(run.name);
    series.label = fmt::format("{}", fmt::join(parts, ", "));
  }
  make_unique(set.series);
  return set;
}

}  // namespace cohort::report
