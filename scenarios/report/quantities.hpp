#pragma once
// What the flat names of metrics mean to a report: which way is better, which axis they need, and
// what curves run over.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "scenarios/report/figures.hpp"
#include "scenarios/report/records.hpp"

namespace cohort::report {

/// unknown: nothing is called best.
enum class Better { lower, higher, unknown };

/// A flat name, "<set>_<metric>" or "<metric>", taken apart. A metric over clients
/// ("accuracy_mean",
/// "_std", "_worst10", "_jain") is better where its base is, a small deviation and a large index
/// are better.
struct Quantity {
  std::string name;    // "test_accuracy"
  std::string set;     // "test", or empty
  std::string metric;  // "accuracy"
  Better better = Better::unknown;
  /// Gaps, distances and norms are shown on log axes.
  Scale scale = Scale::linear;
  /// In [0, 1].
  bool is_share = false;

  std::string label() const;  // "test accuracy"
};
Quantity quantity(std::string_view name);

/// The flat name that is meant by `name` among those that were measured: itself, or with a set in
/// front (the first of test, validation, client_test, train). Error (bad_input): there is none.
Result<std::string> resolve_metric(std::string_view name, std::span<const std::string> measured);

/// What a reader wants to see first of what was measured, in a fixed order: one set a metric (the
/// same choice), no objective beside a loss, no figures over clients.
std::vector<std::string> main_metrics(std::span<const std::string> measured);

/// What curves run over.
enum class Abscissa { rounds, bytes, bytes_up, sim_seconds, wall_seconds, data_passes, queries };
std::string_view to_string(Abscissa x);
std::optional<Abscissa> abscissa(std::string_view name);
std::vector<std::string> abscissa_names();
/// Label and unit. Zero has no place on a log axis: it is linear.
Axis axis_of(Abscissa x);
/// [rounds] of a history, or nothing if it has no such record.
const std::vector<double>& column(const History& history, Abscissa x);

}  // namespace cohort::report
