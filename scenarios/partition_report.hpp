#pragma once
// What a partition is like: sizes, labels, and how far the clients are from each other.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/report/figures.hpp"
#include "scenarios/session.hpp"

namespace cohort {

struct PartitionReport {
  std::vector<std::uint64_t> rows;    // [clients] that train
  std::vector<double> labels;         // [classes] their values; none for regression
  std::vector<std::uint64_t> counts;  // [clients × classes] rows of each class
  /// Mean over clients with rows of ½ Σ_c |q_kc − q_c|, q_k a client's shares of the classes, q
  /// those of all train rows. 0: all alike; at most 1.
  std::optional<double> total_variation;
  /// ζ² = Σ p_k ‖∇f_k(x) − ∇f(x)‖² and ‖∇f(x)‖², f = Σ p_k f_k, at the start x.
  /// Nothing where clients have segments of their own.
  std::optional<double> dissimilarity;
  double squared_gradient = 0;
};

/// Of a scenario with [data], held by one process.
Result<PartitionReport> report_partition(const Prepared& prepared, ThreadPool& pool);

std::string to_text(const PartitionReport& report);
/// Rows of each label at each client; where there are no labels, rows at each client.
report::HeatMap label_map(const PartitionReport& report);

}  // namespace cohort
