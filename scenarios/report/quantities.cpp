#include "scenarios/report/quantities.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/config.hpp"
#include "core/metric.hpp"

namespace cohort::report {

namespace {

struct Known {
  std::string_view metric;
  Scale scale = Scale::linear;
};

// In the order in which a report shows them.
constexpr std::array known = {
    Known{"accuracy"},
    Known{"balanced_accuracy"},
    Known{"auroc"},
    Known{"f1"},
    Known{"r2"},
    Known{"rmse"},
    Known{"mae"},
    Known{"brier"},
    Known{"loss"},
    Known{"objective"},
    Known{"optimality_gap", Scale::log},
    Known{"distance", Scale::log},
    Known{"gradient_norm", Scale::log},
    Known{"consensus_distance", Scale::log},
};

constexpr std::array<std::string_view, 4> sets = {"test", "validation", "client_test", "train"};

struct NamedAbscissa {
  Abscissa x;
  std::string_view name;
  std::string_view label;
  std::string_view unit;
  const std::vector<double> History::*column;
};
constexpr std::array abscissas = {
    NamedAbscissa{Abscissa::rounds, "rounds", "round", "", &History::round},
    NamedAbscissa{Abscissa::bytes, "bytes", "protocol bytes, up and down", "B", &History::bytes},
    NamedAbscissa{Abscissa::bytes_up, "bytes_up", "protocol bytes up", "B", &History::bytes_up},
    NamedAbscissa{Abscissa::sim_seconds, "sim_seconds", "simulated time", "s",
                  &History::sim_seconds},
    NamedAbscissa{Abscissa::wall_seconds, "wall_seconds", "wall time", "s", &History::wall_seconds},
    NamedAbscissa{Abscissa::data_passes, "data_passes", "passes over the data", "",
                  &History::data_passes},
    NamedAbscissa{Abscissa::queries, "queries", "oracle calls", "", &History::queries},
};
const NamedAbscissa& entry(Abscissa x) { return abscissas[static_cast<std::size_t>(x)]; }

bool contains(std::span<const std::string> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

std::string Quantity::label() const {
  std::string text = set.empty() ? metric : set + " " + metric;
  std::replace(text.begin(), text.end(), '_', ' ');
  return text;
}

Quantity quantity(std::string_view name) {
  Quantity q;
  q.name = name;
  for (const std::string_view set : sets) {
    if (q.set.empty() && name.size() > set.size() + 1 && name.starts_with(set) &&
        name[set.size()] == '_') {
      q.set = set;
    }
  }
  q.metric = q.set.empty() ? name : name.substr(q.set.size() + 1);
  for (const Known& entry : known) {
    if (entry.metric == q.metric) q.scale = entry.scale;
  }
  if (const MetricInfo* info = find_metric(q.metric)) {
    q.better = higher_is_better(q.metric) ? Better::higher : Better::lower;
    q.is_share = info->name == q.metric && info->least == 0 && info->most == 1;
  }
  return q;
}

Result<std::string> resolve_metric(std::string_view name, std::span<const std::string> measured) {
  if (contains(measured, name)) return std::string(name);
  for (const std::string_view set : sets) {
    const std::string full = fmt::format("{}_{}", set, name);
    if (contains(measured, full)) return full;
  }
  const std::string near = nearest_name(name, {measured.begin(), measured.end()});
  return bad_input(
      fmt::format("{}: was not measured{}; what was: {}", name,
                  near.empty() ? "" : fmt::format("; did you mean {}?", near),
                  measured.empty() ? "nothing" : fmt::format("{}", fmt::join(measured, ", "))));
}

std::vector<std::string> main_metrics(std::span<const std::string> measured) {
  std::vector<std::string> out;
  const auto add = [&](std::string_view metric) {
    if (contains(measured, metric)) {
      out.emplace_back(metric);
      return true;
    }
    for (const std::string_view set : sets) {
      const std::string full = fmt::format("{}_{}", set, metric);
      if (!contains(measured, full)) continue;
      out.push_back(full);
      return true;
    }
    return false;
  };
  bool has_loss = false;
  for (const Known& entry : known) {
    if (entry.metric == "objective" && has_loss) continue;
    const bool is_there = add(entry.metric);
    if (entry.metric == "loss") has_loss = is_there;
  }
  return out;
}

std::string_view to_string(Abscissa x) { return entry(x).name; }

std::optional<Abscissa> abscissa(std::string_view name) {
  for (const NamedAbscissa& one : abscissas) {
    if (one.name == name) return one.x;
  }
  return std::nullopt;
}

std::vector<std::string> abscissa_names() {
  std::vector<std::string> names;
  for (const NamedAbscissa& one : abscissas) names.emplace_back(one.name);
  return names;
}

Axis axis_of(Abscissa x) {
  return {std::string(entry(x).label), Scale::linear, std::string(entry(x).unit)};
}

const std::vector<double>& column(const History& history, Abscissa x) {
  return history.*entry(x).column;
}

}  // namespace cohort::report
