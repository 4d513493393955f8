#include "scenarios/report/tables.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <utility>

#include "scenarios/report/formats.hpp"
#include "scenarios/report/numbers.hpp"

namespace cohort::report {

namespace {

constexpr std::array statuses = {Status::finished, Status::diverged, Status::unfinished,
                                 Status::failed, Status::missing};

/// "rule, alpha": of the column of series.
std::string legend_title(const SeriesSet& set) {
  std::vector<std::string> names;
  std::set<std::string> cases;
  for (const RunSeries& series : set.series) cases.insert(series.case_name);
  if (cases.size() > 1) names.emplace_back("case");
  for (const LegendOption& option : set.legend) names.push_back(option.name);
  return names.empty() ? "series" : fmt::format("{}", fmt::join(names, ", "));
}

bool needs_status(const SeriesSet& set) {
  return std::any_of(set.series.begin(), set.series.end(), [](const RunSeries& series) {
    return series.count(Status::finished) != series.runs.size();
  });
}

std::string marks_legend(bool any_best, bool any_tied) {
  std::string text;
  if (any_best) text += " Bold: the best mean.";
  if (any_tied) {
    text +=
        " †: a test at 5 % does not tell it from the best (paired t where the seeds agree, Welch's "
        "otherwise; not adjusted for several comparisons).";
  }
  return text;
}

template <class... Parts>
void add_line(std::string& csv, const Parts&... parts) {
  const std::array<std::string, sizeof...(Parts)> cells = {std::string(parts)...};
  csv += csv_line(cells);
}

std::string seed_text(const SeedKey& seeds) {
  if (seeds[0] == seeds[1] && seeds[0] == seeds[2]) return fmt::format("{}", seeds[0]);
  return fmt::format("{} (data {}, model {})", seeds[0], seeds[1], seeds[2]);
}

/// Of all series, in the order of the scenario.
std::vector<std::string> option_paths(const SeriesSet& set) {
  std::vector<std::string> paths;
  std::set<std::string_view> known;
  for (const RunSeries& series : set.series) {
    for (const Option& option : series.first().options) {
      if (known.insert(option.path).second) paths.push_back(option.path);
    }
  }
  return paths;
}

/// Whether all series that have a scenario have the option with the same value.
bool is_shared(const SeriesSet& set, std::string_view path) {
  const Option* common = nullptr;
  for (const RunSeries& series : set.series) {
    if (series.first().options.empty()) continue;
    const Option* own = series.first().option(path);
    if (own == nullptr || (common != nullptr && own->value != common->value)) return false;
    common = own;
  }
  return true;
}

std::string round_text(const Run& run) {
  return run.history.round.empty() ? "" : exact_text(run.history.round.back());
}

}  // namespace

std::vector<Final> finals(const SeriesSet& set, const Quantity& quantity) {
  std::vector<Final> column;
  std::vector<SeededValues> eligible;
  for (const RunSeries& series : set.series) {
    Final entry;
    const Counted runs = counted(series);
    if (runs.status != Status::diverged) {
      for (const Run* run : runs.runs) {
        const auto value = last_value(*run, quantity.name);
        if (!value) continue;
        entry.values.seeds.push_back(run->seeds);
        entry.values.values.push_back(*value);
      }
    }
    entry.estimate = estimate(entry.values.values);
    const bool is_eligible = runs.status == Status::finished && series.count(Status::diverged) == 0;
    eligible.push_back(is_eligible ? entry.values : SeededValues{});
    column.push_back(std::move(entry));
  }
  const bool is_comparison = set.series.size() > 1 && quantity.better != Better::unknown;
  if (is_comparison) {
    const std::vector<Mark> marks = mark_best(eligible, quantity.better == Better::higher);
    for (std::size_t s = 0; s < column.size(); ++s) column[s].mark = marks[s];
  }
  return column;
}

std::string status_text(const RunSeries& series) {
  if (series.count(Status::finished) == series.runs.size()) return "";
  std::vector<std::string> parts;
  for (const Status status : statuses) {
    const std::size_t count = series.count(status);
    if (count == 0 || status == Status::finished) continue;
    parts.push_back(fmt::format("{} {} of {}", to_string(status), count, series.runs.size()));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

Table final_table(const SeriesSet& set, std::span<const Quantity> metrics) {
  Table table;
  table.caption = "At the end of the runs";
  table.columns = {{legend_title(set), false}, {"n", true}};
  std::vector<std::vector<Final>> columns;
  for (const Quantity& metric : metrics) {
    table.columns.push_back({metric.label(), true});
    columns.push_back(finals(set, metric));
  }
  const bool has_status = needs_status(set);
  if (has_status) table.columns.push_back({"status", false});

  bool has_interval = false, any_best = false, any_tied = false, any_excluded = false;
  for (std::size_t s = 0; s < set.series.size(); ++s) {
    const RunSeries& series = set.series[s];
    const Counted runs = counted(series);
    const bool is_finished = runs.status == Status::finished && !runs.runs.empty();
    const std::size_t n = is_finished ? runs.runs.size() : 0;
    any_excluded |= is_finished && series.count(Status::diverged) > 0;
    auto& row = table.rows.emplace_back();
    row.push_back({series.label.empty() ? series.first().name : series.label});
    row.push_back({fmt::format("{}", n)});
    for (const auto& column : columns) {
      const Final& entry = column[s];
      std::string text = interval_text(entry.estimate.mean, entry.estimate.half_width);
      if (entry.estimate.n == 0) text.clear();
      if (!is_finished && entry.estimate.n > 0) text += " so far";
      if (is_finished && entry.estimate.n > 0 && entry.estimate.n != n) {
        text += fmt::format(" (n = {})", entry.estimate.n);
      }
      has_interval |= entry.estimate.n > 1;
      any_best |= entry.mark == Mark::best;
      any_tied |= entry.mark == Mark::tied;
      row.push_back({std::move(text), entry.mark == Mark::best, entry.mark == Mark::tied});
    }
    if (has_status) row.push_back({status_text(series)});
  }
  table.legend = has_interval ? "Mean ± half of its 95 % interval (Student's t) over n seeds."
                              : "Not more than one seed a series: no interval can be given.";
  table.legend += marks_legend(any_best, any_tied);
  if (any_excluded) {
    table.legend +=
        " Means are over the finished runs; a series of which a run diverged is never marked.";
  }
  return table;
}

Table target_table(const SeriesSet& set, std::span<const Target> targets, Abscissa x) {
  std::vector<Abscissa> costs = {Abscissa::rounds, Abscissa::bytes};
  const bool is_simulated =
      std::any_of(set.series.begin(), set.series.end(), [](const RunSeries& series) {
        return std::any_of(series.runs.begin(), series.runs.end(),
                           [](const Run& run) { return !run.history.sim_seconds.empty(); });
      });
  if (is_simulated) costs.push_back(Abscissa::sim_seconds);
  if (std::find(costs.begin(), costs.end(), x) == costs.end()) costs.push_back(x);

  Table table;
  table.caption = "Until a target was reached";
  table.columns = {{"target", false}, {legend_title(set), false}, {"reached", false}};
  for (const Abscissa cost : costs) {
    table.columns.push_back({cost == Abscissa::rounds ? "rounds" : axis_of(cost).label, true});
  }
  bool any_best = false, any_tied = false;
  for (const Target& target : targets) {
    std::vector<Reached> all;
    for (const RunSeries& series : set.series) all.push_back(reached(series, target));
    std::vector<std::vector<Mark>> marks;
    for (const Abscissa cost : costs) {
      std::vector<SeededValues> eligible;
      for (const Reached& one : all) {
        eligible.push_back(one.missed + one.open == 0 ? one.values(cost) : SeededValues{});
      }
      marks.push_back(set.series.size() > 1 ? mark_best(eligible, false)
                                            : std::vector<Mark>(1, Mark::plain));
    }
    for (std::size_t s = 0; s < all.size(); ++s) {
      const Reached& one = all[s];
      const std::size_t runs = one.runs.size() + one.missed + one.open;
      auto& row = table.rows.emplace_back();
      row.push_back(
          {fmt::format("{} {} {}", quantity(target.metric).label(),
                       target.better == Better::lower ? "≤" : "≥", number_text(target.value))});
      row.push_back(
          {set.series[s].label.empty() ? set.series[s].first().name : set.series[s].label});
      std::string state = one.missed > 0 ? fmt::format("not reached {} of {}", one.missed, runs)
                                         : fmt::format("{} of {}", one.runs.size(), runs);
      if (one.open > 0) state += fmt::format(", {} unfinished", one.open);
      row.push_back({std::move(state)});
      for (std::size_t c = 0; c < costs.size(); ++c) {
        const Estimate e = estimate(one.values(costs[c]).values);
        const Mark mark = marks[c][s];
        any_best |= mark == Mark::best;
        any_tied |= mark == Mark::tied;
        row.push_back({e.n == 0 ? "" : interval_text(e.mean, e.half_width, axis_of(costs[c]).unit),
                       mark == Mark::best, mark == Mark::tied});
      }
    }
  }
  table.legend =
      "Up to the first evaluation that saw the target reached; mean ± half of the 95 % interval "
      "over "
      "the runs that reached it." +
      marks_legend(any_best, any_tied);
  if (any_best) table.legend += " Marked are series of which every run reached it.";
  return table;
}

Table paired_table(const SeriesSet& set, std::span<const Quantity> metrics,
                   std::optional<std::size_t> baseline) {
  Table table;
  table.columns = {{legend_title(set), false}};
  table.caption = baseline ? fmt::format("Difference to {} by seed", set.series[*baseline].label)
                           : "Difference to the best by seed";
  for (std::size_t s = 0; s < set.series.size(); ++s) {
    table.rows.push_back({{set.series[s].label}});
  }
  for (const Quantity& metric : metrics) {
    if (!baseline && metric.better == Better::unknown) continue;
    table.columns.push_back({metric.label(), true});
    const std::vector<Final> column = finals(set, metric);
    std::optional<std::size_t> other = baseline;
    for (std::size_t s = 0; s < column.size() && !other; ++s) {
      if (column[s].mark == Mark::best) other = s;
    }
    for (std::size_t s = 0; s < column.size(); ++s) {
      Cell cell;
      if (other && s == *other) {
        cell.text = "reference";
        cell.is_best = !baseline;
      } else if (other) {
        const Difference d = difference_on_shared_seeds(column[s].values, column[*other].values);
        if (d.n > 0) {
          cell.text = fmt::format("{} (n = {})", interval_text(d.mean, d.half_width), d.n);
          cell.is_tied = d.p >= 0.05;
        }
      }
      table.rows[s].push_back(std::move(cell));
    }
  }
  table.legend =
      "Mean of the differences over the n seeds that both have, ± half of its 95 % interval "
      "(Student's t). †: the interval holds zero. A dash: no seed in common.";
  return table;
}

Table runs_table(const SeriesSet& set, std::size_t most) {
  std::size_t total = 0;
  for (const RunSeries& series : set.series) total += series.runs.size();
  Table table;
  table.caption = total <= most ? "All runs" : "Runs that are not finished";
  table.columns = {{"run", false},   {legend_title(set), false}, {"seed", true},
                   {"rounds", true}, {"status", false},          {"why", false}};
  for (const RunSeries& series : set.series) {
    for (const Run& run : series.runs) {
      if (total > most && run.status == Status::finished) continue;
      table.rows.push_back({{run.place},
                            {series.label},
                            {seed_text(run.seeds)},
                            {round_text(run)},
                            {std::string(to_string(run.status))},
                            {run.reason}});
    }
  }
  return table;
}

Table differing_options_table(const SeriesSet& set, std::size_t most) {
  Table table;
  table.caption = "What differs";
  table.columns = {{"option", false}};
  for (const RunSeries& series : set.series) table.columns.push_back({series.label, false});
  if (set.series.size() > most) return table;
  for (const std::string& path : option_paths(set)) {
    auto& row = table.rows.emplace_back();
    row.push_back({path});
    for (const RunSeries& series : set.series) {
      const Option* option = series.first().option(path);
      row.push_back({option == nullptr ? "" : option->value});
    }
    if (is_shared(set, path)) table.rows.pop_back();
  }
  return table;
}

Table common_options_table(const SeriesSet& set) {
  Table table;
  table.caption = set.series.size() == 1 ? "Options" : "What all series share";
  table.columns = {{"option", false}, {"value", false}};
  for (const std::string& path : option_paths(set)) {
    if (!is_shared(set, path)) continue;
    for (const RunSeries& series : set.series) {
      if (const Option* option = series.first().option(path)) {
        table.rows.push_back({{path}, {option->value}});
        break;
      }
    }
  }
  return table;
}

std::string finals_csv(const SeriesSet& set, std::span<const Quantity> metrics) {
  std::vector<std::string> cells = {"series"};
  for (const LegendOption& option : set.legend) cells.push_back(option.path);
  for (const char* name : {"metric", "n", "mean", "half_width_95", "deviation", "median",
                           "first_quartile", "third_quartile", "least", "greatest", "mark"}) {
    cells.emplace_back(name);
  }
  for (const char* count : {"finished", "diverged", "unfinished", "failed", "not_begun"}) {
    cells.emplace_back(count);
  }
  std::string csv = csv_line(cells);
  for (const Quantity& metric : metrics) {
    const std::vector<Final> column = finals(set, metric);
    for (std::size_t s = 0; s < column.size(); ++s) {
      const RunSeries& series = set.series[s];
      const Estimate& e = column[s].estimate;
      cells = {series.label};
      for (std::size_t i = 0; i < set.legend.size(); ++i) {
        cells.push_back(i < series.legend.size() ? series.legend[i] : "");
      }
      cells.push_back(metric.name);
      cells.push_back(fmt::format("{}", e.n));
      for (const double value : {e.mean, e.half_width, e.deviation, e.median, e.first_quartile,
                                 e.third_quartile, e.least, e.greatest}) {
        cells.push_back(exact_text(value));
      }
      const Mark mark = column[s].mark;
      cells.emplace_back(mark == Mark::best ? "best" : mark == Mark::tied ? "tied" : "");
      for (const Status status : statuses) cells.push_back(fmt::format("{}", series.count(status)));
      csv += csv_line(cells);
    }
  }
  return csv;
}

std::string runs_csv(const SeriesSet& set, std::span<const Quantity> metrics) {
  std::string csv;
  add_line(csv, "series", "run", "run_seed", "data_seed", "model_seed", "status", "rounds",
           "metric", "value");
  for (const RunSeries& series : set.series) {
    for (const Run& run : series.runs) {
      for (const Quantity& metric : metrics) {
        const auto value = last_value(run, metric.name);
        add_line(csv, series.label, run.place, fmt::format("{}", run.seeds[0]),
                 fmt::format("{}", run.seeds[1]), fmt::format("{}", run.seeds[2]),
                 to_string(run.status), round_text(run), metric.name,
                 value ? exact_text(*value) : "");
      }
    }
  }
  return csv;
}

std::string targets_csv(const SeriesSet& set, std::span<const Target> targets) {
  std::string csv;
  add_line(csv, "series", "run", "run_seed", "status", "metric", "target", "reached", "round",
           "bytes", "sim_seconds");
  for (const Target& target : targets) {
    for (const RunSeries& series : set.series) {
      for (const Run& run : series.runs) {
        const auto at = first_reached(run, target);
        const auto cost = [&](const std::vector<double>& x) {
          return at && !x.empty() ? exact_text(x[*at]) : std::string();
        };
        add_line(csv, series.label, run.place, fmt::format("{}", run.seeds[0]),
                 to_string(run.status), target.metric, exact_text(target.value), at ? "1" : "0",
                 cost(run.history.round), cost(run.history.bytes), cost(run.history.sim_seconds));
      }
    }
  }
  return csv;
}

std::string curves_csv(const SeriesSet& set, std::span<const Quantity> metrics, Abscissa x,
                       Band band) {
  std::string csv;
  add_line(csv, "series", "metric", to_string(x), "centre", "low", "high", "runs");
  for (const Quantity& metric : metrics) {
    for (const RunSeries& series : set.series) {
      const Curve curve = curve_of(counted(series).runs, metric.name, x, band, metric.scale);
      for (std::size_t i = 0; i < curve.x.size(); ++i) {
        const bool has_band = !curve.low.empty();
        add_line(csv, series.label, metric.name, exact_text(curve.x[i]),
                 exact_text(curve.centre[i]), has_band ? exact_text(curve.low[i]) : "",
                 has_band ? exact_text(curve.high[i]) : "", fmt::format("{}", curve.runs));
      }
    }
  }
  return csv;
}

}  // namespace cohort::report
