#include "scenarios/report/quantities.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/config.hpp"

namespace cohort::report {

namespace {

struct Known {
  std::string_view metric;
  Better better;
  Scale scale;
  bool is_share = false;
};

// In the order in which a report shows them.
constexpr std::array known = {
    Known{"accuracy", Better::higher, Scale::linear, true},
    Known{"balanced_accuracy", Better::higher, Scale::linear, true},
    Known{"auroc", Better::higher, Scale::linear, true},
    Known{"f1", Better::higher, Scale::linear, true},
    Known{"r2", Better::higher, Scale::linear},
    Known{"rmse", Better::lower, Scale::linear},
    Known{"mae", Better::lower, Scale::linear},
    Known{"brier", Better::lower, Scale::linear},
    Known{"loss", Better::lower, Scale::linear},
    Known{"objective", Better::lower, Scale::linear},
    Known{"optimality_gap", Better::lower, Scale::log},
    Known{"distance", Better::lower, Scale::log},
    Known{"gradient_norm", Better::lower, Scale::log},
    Known{"consensus_distance", Better::lower, Scale::log},
};

constexpr std::array<std::string_view, 4> sets = {"test", "validation", "client_test", "train"};

const Known* find(std::string_view metric) {
  const auto at = std::find_if(known.begin(), known.end(),
                               [&](const Known& entry) { return entry.metric == metric; });
  return at == known.end() ? nullptr : at;
}

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
  if (const Known* entry = find(q.metric)) {
    q.better = entry->better;
    q.scale = entry->scale;
    q.is_share = entry->is_share;
    return q;
  }
  const std::string_view metric = q.metric;
  for (const std::string_view ending : {"_mean", "_worst10", "_std", "_jain"}) {
    if (!metric.ends_with(ending)) continue;
    const Known* base = find(metric.substr(0, metric.size() - ending.size()));
    if (base == nullptr) break;
    q.better = ending == "_std" ? Better::lower : ending == "_jain" ? Better::higher : base->better;
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
