#include "scenarios/report/charts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <numeric>
#include <set>
#include <utility>

#include "scenarios/report/numbers.hpp"
#include "scenarios/report/tables.hpp"

namespace cohort::report {

namespace {

constexpr std::size_t most_points = 300;
constexpr std::size_t most_curves = 16;
constexpr std::string_view rows_prefix = "rows_label_";
constexpr std::string_view rule_option = "aggregation.rule.type";
constexpr std::string_view maps_option = "aggregation.pre_aggregators";
constexpr std::string_view attack_option = "clients.byzantine.attack.type";

std::string_view band_text(Band band, Scale scale) {
  switch (band) {
    case Band::t95:
      return scale == Scale::log
                 ? "Geometric mean over seeds and the 95 % interval of it (Student's t of the "
                   "logarithms)."
                 : "Mean over seeds and its 95 % interval (Student's t).";
    case Band::iqr:
      return "Median over seeds, and the quartiles.";
    case Band::minmax:
      break;
  }
  return scale == Scale::log ? "Geometric mean over seeds, least and greatest."
                             : "Mean over seeds, least and greatest.";
}

std::string curve_name(const RunSeries& series, Status status) {
  if (status == Status::finished) return series.label;
  const std::string note = fmt::format("({})", to_string(status));
  return series.label.empty() ? note : series.label + " " + note;
}

/// The series to draw, in their order: all, or the best at the end.
std::vector<std::size_t> drawn(const SeriesSet& set, const Quantity& metric) {
  std::vector<std::size_t> order(set.series.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (order.size() <= most_curves) return order;
  if (metric.better != Better::unknown) {
    const std::vector<Final> column = finals(set, metric);
    const auto badness = [&](std::size_t s) {
      const double mean = column[s].estimate.mean;
      if (!std::isfinite(mean)) return std::numeric_limits<double>::infinity();
      return metric.better == Better::higher ? -mean : mean;
    };
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return badness(a) < badness(b); });
  }
  order.resize(most_curves);
  std::sort(order.begin(), order.end());
  return order;
}

std::string capitalised(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 32);
  return text;
}

std::string comparison(const Target& target) {
  return fmt::format("{} {} {}", quantity(target.metric).label(),
                     target.better == Better::lower ? "≤" : "≥", number_text(target.value));
}

/// Of the effective options; `otherwise` where the series has no such option.
std::string shown_option(const Run& run, std::string_view path, std::string_view otherwise) {
  const Option* option = run.option(path);
  return option == nullptr ? std::string(otherwise) : option->shown;
}

/// The options but those that `is_left_out`, as one text.
template <class Predicate>
std::string rest_of(const Run& run, Predicate is_left_out) {
  std::set<std::string> lines;
  for (const Option& option : run.options) {
    if (!is_left_out(option.path)) lines.insert(option.path + "=" + option.value + "\n");
  }
  std::string text;
  for (const std::string& line : lines) text += line;
  return text;
}

/// Where there are several figures of a kind, each for the first series that it is true of.
void say_whose(std::vector<NamedFigure>& charts, const std::vector<std::string>& labels) {
  if (charts.size() < 2) return;
  for (std::size_t i = 0; i < charts.size(); ++i) {
    charts[i].shown.caption += fmt::format(" Of {}.", labels[i]);
  }
}

/// A band does not leave the values that a share can have.
void cut_to_shares(std::vector<double>& low, std::vector<double>& high) {
  for (double& v : low) v = std::max(v, 0.0);
  for (double& v : high) v = std::min(v, 1.0);
}

std::string numbered(std::string name, std::size_t i) {
  return i == 0 ? name : fmt::format("{}_{}", name, i + 1);
}

}  // namespace

NamedFigure curves_chart(const SeriesSet& set, const Quantity& metric,
                         std::span<const Target> targets, Abscissa x, Band band) {
  CurveFigure figure;
  figure.title = metric.label();
  figure.x = axis_of(x);
  figure.y = {metric.label(), metric.scale};
  std::size_t most_runs = 0;
  const std::vector<std::size_t> order = drawn(set, metric);
  for (const std::size_t s : order) {
    const Counted runs = counted(set.series[s]);
    Curve curve = thinned(curve_of(runs.runs, metric.name, x, band, metric.scale), most_points);
    most_runs = std::max(most_runs, curve.runs);
    if (metric.is_share) cut_to_shares(curve.low, curve.high);
    figure.series.push_back({curve_name(set.series[s], runs.status), std::move(curve.x),
                             std::move(curve.centre), std::move(curve.low), std::move(curve.high),
                             s});
  }
  for (const Target& target : targets) {
    if (target.metric == metric.name) {
      figure.guides.push_back(horizontal("target", target.value));
    }
  }
  std::string caption = fmt::format("{} over {}.", capitalised(metric.label()),
                                    x == Abscissa::rounds ? "rounds" : figure.x.label);
  if (most_runs > 1) caption += fmt::format(" {}", band_text(band, metric.scale));
  if (order.size() < set.series.size()) {
    caption += fmt::format(" The {} {} of {} series; the table has all.", order.size(),
                           metric.better == Better::unknown ? "first" : "best", set.series.size());
  }
  figure.description = caption;
  return {metric.name, {std::move(figure), std::move(caption)}};
}

NamedFigure target_chart(const SeriesSet& set, const Target& target, Abscissa x) {
  IntervalFigure figure;
  figure.title = comparison(target);
  figure.value = axis_of(x);
  if (x == Abscissa::rounds) figure.value.label = "rounds";
  figure.is_bars = true;
  for (std::size_t s = 0; s < set.series.size(); ++s) {
    const Reached one = reached(set.series[s], target);
    const SeededValues values = one.values(x);
    const Estimate e = estimate(values.values);
    Interval row;
    row.label = set.series[s].label;
    row.value = e.mean;
    row.low = std::max(e.mean - e.half_width, 0.0);  // no cost is negative
    row.high = e.mean + e.half_width;
    row.points = values.values;
    if (one.missed > 0) {
      row.note =
          fmt::format("not reached {} of {}", one.missed, one.runs.size() + one.missed + one.open);
    }
    row.look = s;
    figure.rows.push_back(std::move(row));
  }
  std::string caption = fmt::format(
      "{} until {}: mean and 95 % interval over the runs that reached it; dots are runs.",
      capitalised(figure.value.label), figure.title);
  figure.description = caption;
  return {fmt::format("target_{}_{}", target.metric, exact_text(target.value)),
          {std::move(figure), std::move(caption)}};
}

Result<std::optional<NamedFigure>> clients_chart(const SeriesSet& set) {
  DistributionFigure figure;
  Quantity metric;
  for (std::size_t s = 0; s < set.series.size() && figure.samples.size() < most_curves; ++s) {
    Sample sample{set.series[s].label, {}, s};
    for (const Run& run : set.series[s].runs) {
      if (run.status != Status::finished) continue;
      const auto is_metric = [](std::string_view name) {
        return name != "client" && name != "byzantine" && !name.starts_with("rows");
      };
      COHORT_TRY(const ClientTable table, read_clients(run, is_metric));
      if (table.names.empty()) continue;
      if (metric.name.empty()) {
        const std::vector<std::string> main = main_metrics(table.names);
        metric = quantity(main.empty() ? table.names.front() : main.front());
      }
      for (std::size_t k = 0; k < table.names.size(); ++k) {
        if (table.names[k] != metric.name) continue;
        for (const double value : table.columns[k]) {
          if (std::isfinite(value)) sample.values.push_back(value);
        }
      }
    }
    if (!sample.values.empty()) figure.samples.push_back(std::move(sample));
  }
  if (figure.samples.empty()) return std::optional<NamedFigure>();
  const bool is_one = figure.samples.size() == 1;
  figure.title = fmt::format("{} over clients", metric.label());
  figure.value = {metric.label(), metric.scale};
  figure.form = is_one ? DistributionFigure::Form::histogram : DistributionFigure::Form::ecdf;
  std::string caption = fmt::format(
      "{} of the honest clients at the end of the runs, all seeds together{}.",
      capitalised(metric.label()), is_one ? "" : ": the share of clients at or below a value");
  figure.description = caption;
  return std::optional(
      NamedFigure{"clients_" + metric.name, {std::move(figure), std::move(caption)}});
}

Result<std::vector<NamedFigure>> labels_charts(const SeriesSet& set, std::size_t most) {
  std::vector<NamedFigure> charts;
  std::vector<std::string> labels;
  std::set<std::string> seen;
  for (const RunSeries& series : set.series) {
    if (charts.size() == most) break;
    const auto is_not_of_the_partition = [](std::string_view path) {
      return !path.starts_with("data.") && path != "clients.count" &&
             !path.starts_with("clients.byzantine.fraction") &&
             !path.starts_with("clients.byzantine.count") &&
             !path.starts_with("clients.byzantine.clients");
    };
    const std::string partition = rest_of(series.first(), is_not_of_the_partition);
    if (seen.contains(partition)) continue;
    for (const Run& run : series.runs) {
      COHORT_TRY(const ClientTable table, read_clients(run, [](std::string_view name) {
                   return name.starts_with(rows_prefix);
                 }));
      if (table.names.empty() || table.client.empty()) continue;
      seen.insert(partition);
      HeatMap map;
      map.row_label = "label";
      map.column_label = "honest client";
      map.value = {"rows"};
      for (std::size_t k = 0; k < table.names.size(); ++k) {
        map.rows.push_back(table.names[k].substr(rows_prefix.size()));
        map.values.insert(map.values.end(), table.columns[k].begin(), table.columns[k].end());
      }
      for (const std::uint64_t client : table.client) {
        map.columns.push_back(fmt::format("{}", client));
      }
      map.title = "Rows of each label at each client";
      std::string caption =
          fmt::format("Rows of each label at each honest client, data seed {}.", run.seeds[1]);
      map.description = caption;
      charts.push_back({numbered("labels", charts.size()), {std::move(map), std::move(caption)}});
      labels.push_back(series.label);
      break;
    }
  }
  say_whose(charts, labels);
  return charts;
}

std::vector<NamedFigure> attack_charts(const SeriesSet& set, const Quantity& metric,
                                       std::size_t most) {
  const auto rule_of = [](const Run& run) {
    const std::string maps = shown_option(run, maps_option, "none");
    const std::string rule = shown_option(run, rule_option, "weighted_mean");
    return maps == "none" ? rule : maps + "+" + rule;
  };
  const auto attack_of = [](const Run& run) {
    return shown_option(run, attack_option, "no attack");
  };
  const auto is_of_rule_or_attack = [](std::string_view path) {
    return path.starts_with("aggregation.") || path.starts_with("clients.byzantine.");
  };
  struct Facet {
    std::vector<std::string> rules, attacks;
    std::map<std::pair<std::string, std::string>, std::vector<std::size_t>> cells;
  };
  const auto facets_of = [&](bool is_one) {
    std::vector<Facet> facets;
    std::map<std::string, std::size_t> by_rest;
    for (std::size_t s = 0; s < set.series.size(); ++s) {
      const Run& run = set.series[s].first();
      if (run.options.empty()) continue;
      const std::string rest = is_one ? "" : rest_of(run, is_of_rule_or_attack);
      const auto [at, is_new] = by_rest.try_emplace(rest, facets.size());
      if (is_new) facets.emplace_back();
      Facet& facet = facets[at->second];
      const auto add = [](std::vector<std::string>& names, const std::string& name) {
        if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
      };
      add(facet.rules, rule_of(run));
      add(facet.attacks, attack_of(run));
      facet.cells[{rule_of(run), attack_of(run)}].push_back(s);
    }
    std::erase_if(facets, [](const Facet& facet) {
      const bool is_ambiguous =
          std::any_of(facet.cells.begin(), facet.cells.end(),
                      [](const auto& cell) { return cell.second.size() > 1; });
      return is_ambiguous || facet.rules.size() < 2 || facet.attacks.size() < 2;
    });
    return facets;
  };
  std::vector<Facet> facets = facets_of(true);
  if (facets.empty()) facets = facets_of(false);
  if (facets.size() > most) facets.resize(most);

  const std::vector<Final> column = finals(set, metric);
  std::vector<NamedFigure> charts;
  for (const Facet& facet : facets) {
    HeatMap map;
    map.title = "Rules under attacks: " + metric.label();
    map.row_label = "rule";
    map.column_label = "attack";
    map.value = {metric.label(), metric.scale};
    map.rows = facet.rules;
    map.columns = facet.attacks;
    for (const std::string& rule : facet.rules) {
      for (const std::string& attack : facet.attacks) {
        const auto cell = facet.cells.find({rule, attack});
        const bool is_there = cell != facet.cells.end();
        const std::size_t s = is_there ? cell->second.front() : 0;
        const bool is_sound = is_there && set.series[s].count(Status::diverged) == 0;
        const double value = is_sound ? column[s].estimate.mean : none;
        map.values.push_back(value);
        map.texts.push_back(std::isfinite(value)    ? number_text(value)
                            : is_there && !is_sound ? "diverged"
                                                    : "");
      }
    }
    std::string caption = fmt::format(
        "Mean {} at the end, rule by attack. Hatched: a run diverged, or there is none.",
        metric.label());
    map.description = caption;
    charts.push_back({numbered("attacks", charts.size()), {std::move(map), std::move(caption)}});
  }
  return charts;
}

std::vector<NamedFigure> byzantine_charts(const SeriesSet& set, std::size_t most) {
  std::vector<NamedFigure> charts;
  std::vector<std::string> labels;
  std::set<std::vector<double>> seen;
  for (const RunSeries& series : set.series) {
    if (charts.size() == most) break;
    const Counted runs = counted(series);
    // The worst of the seeds, round by round; f is the same for all of them.
    Curve byzantine, told;
    for (const Run* run : runs.runs) {
      const History& h = run->history;
      for (std::size_t i = 1; i < h.round.size(); ++i) {  // nobody takes part in round 0
        if (i > byzantine.x.size()) {
          byzantine.x.push_back(h.round[i]);
          byzantine.centre.push_back(h.byzantine[i]);
          told.centre.push_back(h.f[i]);
        } else {
          byzantine.centre[i - 1] = std::max(byzantine.centre[i - 1], h.byzantine[i]);
          told.centre[i - 1] = std::max(told.centre[i - 1], h.f[i]);
        }
      }
    }
    const auto is_positive = [](double v) { return v > 0; };
    if (std::none_of(told.centre.begin(), told.centre.end(), is_positive) ||
        std::none_of(byzantine.centre.begin(), byzantine.centre.end(), is_positive)) {
      continue;
    }
    std::vector<double> course = byzantine.centre;
    course.insert(course.end(), told.centre.begin(), told.centre.end());
    if (!seen.insert(std::move(course)).second) continue;
    std::size_t exceeded = 0;
    for (std::size_t i = 0; i < byzantine.x.size(); ++i) {
      if (byzantine.centre[i] > told.centre[i]) ++exceeded;
    }
    const std::size_t rounds = byzantine.x.size();
    told.x = byzantine.x;
    byzantine = thinned(byzantine, most_points);
    told = thinned(told, most_points);
    CurveFigure figure;
    figure.title = "Byzantine clients in the cohort";
    figure.x = axis_of(Abscissa::rounds);
    figure.y = {"clients"};
    figure.is_stepped = true;
    figure.series.push_back({runs.runs.size() > 1 ? "Byzantine, most over seeds" : "Byzantine",
                             std::move(byzantine.x), std::move(byzantine.centre)});
    figure.series.push_back({"f of the rule", std::move(told.x), std::move(told.centre)});
    std::string caption = fmt::format(
        "Byzantine clients in the cohort against the f that the rule was told: more than f in {} "
        "of "
        "{} rounds.",
        exceeded, rounds);
    figure.description = caption;
    charts.push_back(
        {numbered("byzantine", charts.size()), {std::move(figure), std::move(caption)}});
    labels.push_back(series.label);
  }
  say_whose(charts, labels);
  return charts;
}

std::optional<NamedFigure> phases_chart(const SeriesSet& set) {
  StackFigure figure;
  for (const RunSeries& series : set.series) {
    for (const Run& run : series.runs) {
      for (const auto& [phase, seconds] : run.history.phases) {
        if (std::find(figure.parts.begin(), figure.parts.end(), phase) == figure.parts.end()) {
          figure.parts.push_back(phase);
        }
      }
    }
  }
  for (const RunSeries& series : set.series) {
    StackFigure::Bar bar{series.label, std::vector<double>(figure.parts.size(), 0.0)};
    double imbalance = 0, n = 0;
    for (const Run& run : series.runs) {
      if (run.status != Status::finished || run.history.phases.empty()) continue;
      n += 1;
      imbalance += run.history.imbalance;
      for (const auto& [phase, seconds] : run.history.phases) {
        const auto part = std::find(figure.parts.begin(), figure.parts.end(), phase);
        bar.values[static_cast<std::size_t>(part - figure.parts.begin())] += seconds;
      }
    }
    if (n == 0) continue;
    for (double& seconds : bar.values) seconds /= n;
    bar.note = fmt::format("imbalance {:.2f}", imbalance / n);
    figure.bars.push_back(std::move(bar));
  }
  if (figure.bars.empty()) return std::nullopt;
  figure.title = "Where the time of a run goes";
  figure.value = {"wall time of a run", Scale::linear, "s"};
  std::string caption =
      "Wall time of rank 0 by phase, mean over the finished runs of a series. Imbalance: the "
      "slowest "
      "rank's time to compute over the mean of the ranks, mean over rounds.";
  figure.description = caption;
  return NamedFigure{"phases", {std::move(figure), std::move(caption)}};
}

std::optional<NamedFigure> learning_rate_chart(const SeriesSet& set, const Quantity& metric,
                                               std::string name) {
  constexpr std::string_view ending = "learning_rate";
  // Series that differ in nothing but the value of such an option are one curve.
  struct Group {
    std::vector<std::pair<double, std::size_t>> points;  // rate, series
  };
  std::set<std::string> paths;
  for (const RunSeries& series : set.series) {
    for (const Option& option : series.first().options) {
      if (option.path.ends_with(ending)) paths.insert(option.path);
    }
  }
  const std::vector<Final> column = finals(set, metric);
  for (const std::string& path : paths) {
    std::map<std::string, Group> groups;
    std::vector<std::string> order;
    for (std::size_t s = 0; s < set.series.size(); ++s) {
      const Run& run = set.series[s].first();
      const Option* option = run.option(path);
      if (option == nullptr) continue;
      double rate = 0;
      const std::string& value = option->value;
      const char* end = value.data() + value.size();
      if (std::from_chars(value.data(), end, rate).ptr != end || !(rate > 0)) continue;
      const std::string rest = rest_of(run, [&](std::string_view other) { return other == path; });
      if (!groups.contains(rest)) order.push_back(rest);
      groups[rest].points.emplace_back(rate, s);
    }
    std::erase_if(order, [&](const std::string& rest) { return groups[rest].points.size() < 2; });
    if (order.empty()) continue;

    SensitivityFigure figure;
    figure.title = fmt::format("Sensitivity to {}", path);
    figure.option = {path, Scale::log};
    figure.value = {metric.label(), metric.scale};
    figure.higher_is_better = metric.better == Better::higher;
    for (const std::string& rest : order) {
      auto& points = groups[rest].points;
      std::sort(points.begin(), points.end());
      Series curve;
      // What the label says beside the rate.
      const RunSeries& first = set.series[points.front().second];
      for (std::size_t i = 0; i < first.legend.size(); ++i) {
        if (set.legend[i].path == path || first.legend[i].empty()) continue;
        curve.name += (curve.name.empty() ? "" : ", ") + first.legend[i];
      }
      if (order.size() > 1 && !first.case_name.empty() && curve.name.empty()) {
        curve.name = first.case_name;
      }
      for (const auto& [rate, s] : points) {
        const Estimate& e = column[s].estimate;
        const bool is_sound = set.series[s].count(Status::diverged) == 0 && e.n > 0;
        curve.x.push_back(rate);
        curve.y.push_back(is_sound ? e.mean : none);
        curve.low.push_back(is_sound ? e.mean - e.half_width : none);
        curve.high.push_back(is_sound ? e.mean + e.half_width : none);
      }
      if (metric.is_share) cut_to_shares(curve.low, curve.high);
      figure.series.push_back(std::move(curve));
    }
    std::string caption = fmt::format(
        "{} at the end against {}: mean and 95 % interval over seeds; a cross where a run "
        "diverged.",
        capitalised(metric.label()), path);
    figure.description = caption;
    return NamedFigure{std::move(name), {std::move(figure), std::move(caption)}};
  }
  return std::nullopt;
}

}  // namespace cohort::report
