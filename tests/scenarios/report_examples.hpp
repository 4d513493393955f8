#pragma once
// Figures and a page as reports have them, from closed forms: what the drawing tests and the
// browser look at.

#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "scenarios/report/page.hpp"

namespace cohort::report::examples {

/// In [−1, 1], different for every i.
inline double noise(std::size_t i) {
  std::uint64_t bits = (i + 1) * 0x9E3779B97F4A7C15U;
  bits = (bits ^ (bits >> 30U)) * 0xBF58476D1CE4E5B9U;
  return static_cast<double>(bits >> 40U) / 8388608.0 - 1.0;
}

inline std::vector<std::string> rules(std::size_t count = 12) {
  const std::vector<std::string> names = {
      "mean",   "median", "trimmed_mean", "krum",       "multi_krum",        "geometric_median",
      "bulyan", "mda",    "caf",          "nnm + krum", "centered_clipping", "meamed"};
  return {names.begin(), names.begin() + static_cast<std::ptrdiff_t>(count)};
}

/// A loss that falls geometrically to a floor, with a band; a series of `rounds` points a rule.
inline std::vector<Series> losses(std::size_t count, std::size_t rounds) {
  std::vector<Series> out;
  for (std::size_t k = 0; k < count; ++k) {
    Series s;
    s.name = rules()[k];
    const double rate = 1.0 - (1.0 + static_cast<double>(k)) / (6.0 * static_cast<double>(rounds));
    for (std::size_t t = 0; t <= rounds; ++t) {
      const double y = 2.3 * std::pow(rate, 6.0 * static_cast<double>(t)) +
                       0.01 * static_cast<double>(count - k);
      const double wiggle = 1.0 + 0.03 * noise(t + 1000 * k);
      s.x.push_back(static_cast<double>(t));
      s.y.push_back(y * wiggle);
      s.low.push_back(y * wiggle * 0.85);
      s.high.push_back(y * wiggle * 1.18);
    }
    out.push_back(std::move(s));
  }
  return out;
}

inline CurveFigure loss_curves(std::size_t count = 4, std::size_t rounds = 200) {
  CurveFigure figure{.title = "Test loss by round",
                     .description = "Mean over five seeds of each rule, with 95 % intervals.",
                     .x = {"round"},
                     .y = {"test loss", Scale::log},
                     .series = losses(count, rounds)};
  figure.guides.push_back(horizontal("target 0.1", 0.1));
  Guide rate{"predicted rate", {}, {}};
  for (std::size_t t = 0; t <= rounds; t += rounds / 10) {
    rate.x.push_back(static_cast<double>(t));
    rate.y.push_back(3.0 * std::exp(-4.0 * static_cast<double>(t) / static_cast<double>(rounds)));
  }
  figure.guides.push_back(std::move(rate));
  return figure;
}

inline CurveFigure accuracy_by_bytes() {
  CurveFigure figure{.title = "Test accuracy by bytes",
                     .description = "Accuracy against what a client sends.",
                     .x = {"bytes up a client", Scale::log, "B"},
                     .y = {"test accuracy"},
                     .series = {}};
  for (std::size_t k = 0; k < 3; ++k) {
    Series s;
    s.name = rules()[k];
    for (std::size_t t = 1; t <= 12; ++t) {
      const double y = 0.95 - 0.8 / (1.0 + 0.5 * static_cast<double>(t * (k + 1)));
      s.x.push_back(3e3 * std::pow(2.7, static_cast<double>(t)));
      s.y.push_back(y);
      s.low.push_back(y - 0.02);
      s.high.push_back(y + 0.02);
    }
    figure.series.push_back(std::move(s));
  }
  figure.guides.push_back(horizontal("target 0.9", 0.9));
  figure.guides.push_back(vertical("one model", 1e6));
  return figure;
}

inline IntervalFigure to_target() {
  IntervalFigure figure{.title = "Rounds to 90 % accuracy",
                        .description = "Mean and range over five seeds.",
                        .value = {"rounds to accuracy 0.9", Scale::log},
                        .rows = {}};
  for (std::size_t k = 0; k < 7; ++k) {
    const double value = 20.0 * std::pow(1.9, static_cast<double>(k));
    Interval row{.label = rules()[k], .value = value, .low = 0.8 * value, .high = 1.3 * value};
    for (std::size_t seed = 0; seed < 5; ++seed) {
      row.points.push_back(value * (1.05 + 0.22 * noise(seed + 7 * k)));
    }
    if (k == 5) row.note = "not reached 2 of 5";
    figure.rows.push_back(std::move(row));
  }
  figure.rows.push_back({.label = "weighted mean without any defence at all, sign flip × 10",
                         .note = "not reached 5 of 5"});
  return figure;
}

inline IntervalFigure final_values() {
  IntervalFigure figure{.title = "Final accuracy",
                        .description = "Mean with 95 % t intervals over five seeds.",
                        .value = {"final test accuracy"},
                        .rows = {},
                        .is_bars = true};
  for (std::size_t k = 0; k < 6; ++k) {
    const double value = 0.95 - 0.11 * static_cast<double>(k);
    Interval row{.label = rules()[k], .value = value, .low = value - 0.04, .high = value + 0.04};
    for (std::size_t seed = 0; seed < 5; ++seed) {
      row.points.push_back(value + 0.03 * noise(seed + 5 * k));
    }
    figure.rows.push_back(std::move(row));
  }
  figure.guides.push_back(vertical("centralised 0.97", 0.97));
  return figure;
}

inline DistributionFigure clients(std::size_t count, DistributionFigure::Form form) {
  DistributionFigure figure{.title = "Accuracy over clients",
                            .description = "Accuracy of the last model on each client's rows.",
                            .value = {"client test accuracy"},
                            .samples = {},
                            .form = form};
  for (std::size_t k = 0; k < 3; ++k) {
    Sample sample{.name = rules()[k], .values = {}};
    for (std::size_t i = 0; i < count; ++i) {
      const double spread = noise(i) + noise(i * 31 + 7) + noise(i * 17 + k);
      sample.values.push_back(std::min(1.0, 0.7 + 0.08 * static_cast<double>(k) + 0.06 * spread));
    }
    figure.samples.push_back(std::move(sample));
  }
  return figure;
}

inline HeatMap labels_by_client(std::size_t count) {
  HeatMap map{.title = "Labels of each client",
              .description = "Share of each label among a client's rows.",
              .row_label = "label",
              .column_label = "client",
              .value = {"share of rows"},
              .rows = {},
              .columns = {},
              .values = {}};
  for (std::size_t label = 0; label < 10; ++label) {
    map.rows.push_back(std::to_string(label));
    for (std::size_t client = 0; client < count; ++client) {
      const double u = 0.5 + 0.5 * noise(label * 7919 + client * 13);
      map.values.push_back(std::pow(u, 6.0));
    }
  }
  return map;
}

inline HeatMap rule_by_attack() {
  HeatMap map{.title = "Accuracy by rule and attack",
              .description = "Mean final test accuracy over five seeds.",
              .row_label = "rule",
              .column_label = "attack",
              .value = {"final test accuracy"},
              .rows = rules(8),
              .columns = {"none", "sign_flip", "gaussian", "ipm", "alie", "label_flip"},
              .values = {},
              .decimals = 2};
  for (std::size_t r = 0; r < map.rows.size(); ++r) {
    for (std::size_t a = 0; a < map.columns.size(); ++a) {
      const double value = 0.95 - (a == 0 ? 0.0 : 0.12 * static_cast<double>(a * (8 - r)) / 5.0);
      map.values.push_back(r == 6 && a == 4 ? none : value);
    }
  }
  return map;
}

inline StackFigure phases() {
  StackFigure figure{.title = "Where a round spends its time",
                     .description = "Median seconds of each phase, by ranks.",
                     .value = {"time a round", Scale::linear, "s"},
                     .parts = {"compute", "wait", "aggregate", "send", "evaluate"},
                     .bars = {}};
  for (std::size_t k = 0; k < 5; ++k) {
    const double compute = 0.081 / static_cast<double>(std::size_t{1} << k);
    const std::string ranks = std::to_string(std::size_t{1} << k);
    const double wait = 0.002 * static_cast<double>(k);
    figure.bars.push_back({.label = ranks + (k == 0 ? " rank" : " ranks"),
                           .values = {compute, wait, 0.012, 0.003, 0.006},
                           .note = "imbalance " + std::to_string(k) + " %"});
  }
  return figure;
}

inline SensitivityFigure learning_rates() {
  SensitivityFigure figure{.title = "Final loss by learning rate",
                           .description = "Mean over three seeds; crosses diverged.",
                           .option = {"learning rate", Scale::log},
                           .value = {"final validation loss", Scale::log},
                           .series = {}};
  for (std::size_t k = 0; k < 3; ++k) {
    Series s;
    s.name = rules()[k];
    for (int e = -8; e <= 2; ++e) {
      const double at = 0.5 * e + 2.0 - 0.5 * static_cast<double>(k);
      const bool diverged = e > 1 - static_cast<int>(k);
      const double y = 0.05 * std::exp(0.3 * at * at) * (1.0 + 0.3 * static_cast<double>(k));
      s.x.push_back(std::pow(10.0, 0.5 * e));
      s.y.push_back(diverged ? none : y);
      s.low.push_back(0.9 * y);
      s.high.push_back(1.1 * y);
    }
    figure.series.push_back(std::move(s));
  }
  return figure;
}

inline std::vector<std::pair<std::string, Figure>> figures() {
  using Form = DistributionFigure::Form;
  return {{"loss_curves", loss_curves()},
          {"twelve_curves", loss_curves(12, 500)},
          {"accuracy_by_bytes", accuracy_by_bytes()},
          {"to_target", to_target()},
          {"final_values", final_values()},
          {"ecdf_10", clients(10, Form::ecdf)},
          {"ecdf_10000", clients(10000, Form::ecdf)},
          {"histogram_50", clients(50, Form::histogram)},
          {"histogram_10000", clients(10000, Form::histogram)},
          {"labels_by_10_clients", labels_by_client(10)},
          {"labels_by_10000_clients", labels_by_client(10000)},
          {"rule_by_attack", rule_by_attack()},
          {"phases", phases()},
          {"learning_rates", learning_rates()}};
}

inline Page page() {
  Table finals{.caption = "Final values: mean ± half of the 95 % t interval over 5 seeds.",
               .columns = {{"rule", false}, {"test accuracy"}, {"test loss"}, {"n"}},
               .rows = {},
               .legend = "bold: best; †: not distinguishable from the best (paired t test, 5 %)."};
  for (std::size_t k = 0; k < 6; ++k) {
    const std::string digit = std::to_string(6 - k);
    finals.rows.push_back({{rules()[k]},
                           {"0.9" + digit + "2 ± 0.004", k == 0, k == 1},
                           {"0." + std::to_string(k + 1) + "31 ± 0.012", k == 0},
                           {k == 4 ? "" : "5"}});
  }
  Table provenance{
      .caption = "Where the numbers come from.",
      .columns = {{"run", false}, {"scenario", false}, {"model hash", false}, {"seed"}},
      .rows = {},
      .legend = {}};
  for (std::size_t k = 0; k < 4; ++k) {
    const std::string seed = std::to_string(k + 1);
    provenance.rows.push_back({{"runs/digits-krum/8a1f03c2d4e5-s" + seed},
                               {"8a1f03c2d4e5"},
                               {"c0ffee00c0ffee00c0ffee00c0ffee0" + seed},
                               {seed}});
  }
  Page page{.title = "digits-krum",
            .subtitle = "Robust rules on digits, 50 clients of which 10 flip signs <& \"more\">",
            .facts = {{"differs in", "aggregation.rule"}, {"seeds", "5"}, {"points", "60 of 60"}},
            .warnings = {"mean, seed 3 diverged at round 17: not in the means",
                         "geometric_median, seed 5 is unfinished (round 120 of 200)"},
            .sections = {}};
  page.sections.push_back({.heading = "Result",
                           .text =
                               "mean has the best final test accuracy, 0.962 ± 0.004.\n\nMedian "
                               "cannot be told from it.",
                           .tables = {finals},
                           .figures = {}});
  Section all{.heading = "Figures", .text = {}, .tables = {}, .figures = {}};
  for (const auto& [name, figure] : figures()) {
    const auto title = std::visit([](const auto& f) { return f.title; }, figure);
    all.figures.push_back({figure, title + ". Bands: 95 % t intervals over seeds."});
  }
  page.sections.push_back(std::move(all));
  page.sections.push_back(
      {.heading = "Provenance", .text = {}, .tables = {provenance}, .figures = {}});
  return page;
}

}  // namespace cohort::report::examples
