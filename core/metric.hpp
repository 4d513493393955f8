#pragma once
// What an evaluation measures. One table: names, direction, what a metric needs of an objective.
// Formulas: core/row_statistics.hpp and docs/evaluation.md.

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>

#include "core/prediction.hpp"

namespace cohort {

enum class Metric : std::uint8_t {
  loss,
  objective,
  accuracy,
  balanced_accuracy,
  auroc,
  f1,
  brier,
  rmse,
  mae,
  r2,
  gradient_norm,
  optimality_gap,
  distance,
  consensus_distance,
};

struct MetricInfo {
  Metric metric{};
  std::string_view name;
  bool is_of_a_set = true;  // else of the model: written without the name of a set
  bool higher_is_better = false;
  /// Not a number where the rows do not determine it (AUROC of one class), which is no divergence.
  bool may_be_undefined = false;
  double least = -std::numeric_limits<double>::infinity();  // of its values
  double most = std::numeric_limits<double>::infinity();
  std::string_view help;
};

/// Every metric, in the order in which they are written.
std::span<const MetricInfo> metric_infos();
const MetricInfo& info_of(Metric metric);
std::string_view to_string(Metric metric);
inline bool is_of_a_set(Metric metric) { return info_of(metric).is_of_a_set; }

/// What is said of a metric's values over clients, v_1 … v_n; names are `<metric>_<suffix>`.
enum class Spread : std::uint8_t {
  mean,     // (1/n) Σ v_i
  std,      // √((1/n) Σ (v_i − mean)²)
  worst10,  // mean of the ⌈n/10⌉ worst
  jain,     // (Σ v_i)² / (n Σ v_i²)
};
inline constexpr std::size_t spreads = 4;
std::string_view to_string(Spread spread);
std::string name_of(Metric metric, Spread spread);

/// The metric of "accuracy" or "accuracy_worst10"; null if there is none.
const MetricInfo* find_metric(std::string_view name);
/// Of any name without its set; a spread of 0 and an index of 1 are best. False for what is no
/// metric (bytes, seconds, rounds).
bool higher_is_better(std::string_view name);

/// What the objective would need for it: "classes", "probabilities", …; empty if it has that.
std::string_view missing_for(Metric metric, const Prediction& prediction);

}  // namespace cohort
