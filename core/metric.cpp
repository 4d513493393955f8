#include "core/metric.hpp"

#include <algorithm>
#include <array>

#include "core/check.hpp"

namespace cohort {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

constexpr std::array<MetricInfo, 14> table = {{
    {Metric::loss, "loss", true, false, false, -infinity, infinity,
     "mean over rows, without the regulariser"},
    {Metric::objective, "objective", true, false, false, -infinity, infinity,
     "loss and regulariser; on train as the clients' weights have it"},
    {Metric::accuracy, "accuracy", true, true, false, 0, 1, "share of rows predicted right"},
    {Metric::balanced_accuracy, "balanced_accuracy", true, true, false, 0, 1,
     "mean over classes of the share predicted right"},
    {Metric::auroc, "auroc", true, true, true, 0, 1,
     "area under the ROC curve; one against the rest, mean over classes"},
    {Metric::f1, "f1", true, true, false, 0, 1,
     "harmonic mean of precision and recall: of the larger of two labels, else mean over classes"},
    {Metric::brier, "brier", true, false, false, 0, 2, "mean squared error of the probabilities"},
    {Metric::rmse, "rmse", true, false, false, 0, infinity, "root of the mean squared error"},
    {Metric::mae, "mae", true, false, false, 0, infinity, "mean absolute error"},
    {Metric::r2, "r2", true, true, true, -infinity, 1,
     "share of the labels' variance that is explained"},
    {Metric::gradient_norm, "gradient_norm", false, false, false, 0, infinity,
     "of the objective, on train"},
    {Metric::optimality_gap, "optimality_gap", false, false, false, -infinity, infinity,
     "objective on train, less its minimum over the honest clients"},
    {Metric::distance, "distance", false, false, false, 0, infinity,
     "to the minimiser over the honest clients"},
    {Metric::consensus_distance, "consensus_distance", false, false, false, 0, infinity,
     "mean over nodes of the squared distance to their mean model; of decentralized runs"},
}};

constexpr std::array<std::string_view, spreads> suffixes = {"mean", "std", "worst10", "jain"};

const MetricInfo* find_exact(std::string_view name) {
  const auto* found =
      std::find_if(table.begin(), table.end(), [&](const auto& i) { return i.name == name; });
  return found == table.end() ? nullptr : found;
}

/// "accuracy_worst10" → ("accuracy", "worst10"); the second is empty without one.
std::pair<std::string_view, std::string_view> split(std::string_view name) {
  const auto at = name.rfind('_');
  if (at != std::string_view::npos) {
    const auto suffix = name.substr(at + 1);
    if (std::find(suffixes.begin(), suffixes.end(), suffix) != suffixes.end()) {
      return {name.substr(0, at), suffix};
    }
  }
  return {name, {}};
}

}  // namespace

std::span<const MetricInfo> metric_infos() { return table; }

const MetricInfo& info_of(Metric metric) {
  const MetricInfo& info = table.at(static_cast<std::size_t>(metric));
  COHORT_CHECK(info.metric == metric, "the table of metrics is in the order of the enumeration");
  return info;
}

std::string_view to_string(Metric metric) { return info_of(metric).name; }
std::string_view to_string(Spread spread) { return suffixes.at(static_cast<std::size_t>(spread)); }

std::string name_of(Metric metric, Spread spread) {
  return std::string(to_string(metric)) + "_" + std::string(to_string(spread));
}

const MetricInfo* find_metric(std::string_view name) {
  if (const MetricInfo* info = find_exact(name)) return info;
  const MetricInfo* info = find_exact(split(name).first);
  return info != nullptr && info->is_of_a_set ? info : nullptr;
}

bool higher_is_better(std::string_view name) {
  const MetricInfo* info = find_metric(name);
  if (info == nullptr) return false;
  const std::string_view suffix = info->name == name ? std::string_view() : split(name).second;
  if (suffix == to_string(Spread::jain)) return true;
  return suffix != to_string(Spread::std) && info->higher_is_better;
}

std::string_view missing_for(Metric metric, const Prediction& prediction) {
  switch (metric) {
    case Metric::accuracy:
    case Metric::balanced_accuracy:
    case Metric::auroc:
    case Metric::f1:
      return prediction.has_classes() ? "" : "classes";
    case Metric::brier:
      return prediction.has_classes() && prediction.has_probabilities ? ""
                                                                      : "probabilities of classes";
    case Metric::rmse:
    case Metric::mae:
    case Metric::r2:
      return prediction.outcome == Outcome::value ? "" : "labels that are real numbers";
    default:
      return "";
  }
}

}  // namespace cohort
