#include "scenarios/partition_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/check.hpp"
#include "core/kernels.hpp"
#include "core/vec.hpp"

namespace cohort {
namespace {

std::span<const double> span_of(const Vec& v) {
  return {v.data(), static_cast<std::size_t>(v.size())};
}

double mean_total_variation(const PartitionReport& report) {
  const std::size_t classes = report.labels.size();
  std::vector<double> all(classes, 0.0);
  double total = 0.0;
  for (std::size_t i = 0; i < report.counts.size(); ++i) {
    all[i % classes] += static_cast<double>(report.counts[i]);
    total += static_cast<double>(report.counts[i]);
  }
  double sum = 0.0, filled = 0.0;
  for (std::size_t k = 0; k < report.rows.size(); ++k) {
    if (report.rows[k] == 0) continue;
    double distance = 0.0;
    for (std::size_t c = 0; c < classes; ++c) {
      const auto rows = static_cast<double>(report.counts[k * classes + c]);
      distance += std::abs(rows / static_cast<double>(report.rows[k]) - all[c] / total);
    }
    sum += distance / 2;
    filled += 1.0;
  }
  return sum / filled;
}

/// f(weight p_k, ∇f_k) for the clients with rows, in their order.
template <class F>
void for_each_gradient(const Prepared& prepared, ThreadPool& pool, F f) {
  const Function& function = prepared.function();
  Scratch scratch;
  OracleCounts counts;
  Vec gradient(prepared.start().size());
  for (std::uint64_t k = 0; k < prepared.scenario().clients.count; ++k) {
    const ClientId client(k);
    if (prepared.data()->store.rows_of_client(client) == 0) continue;
    Oracle(function, client, {pool, scratch}, counts).gradient(prepared.start(), gradient);
    f(prepared.client_weight(client), gradient);
  }
}

}  // namespace

Result<PartitionReport> report_partition(const Prepared& prepared, ThreadPool& pool) {
  const DataSet* data = prepared.data();
  COHORT_CHECK(data != nullptr, "a partition is of data");
  const DataStore& store = data->store;
  PartitionReport report;
  report.labels.assign(store.classes().begin(), store.classes().end());
  const std::size_t classes = report.labels.size();
  report.counts.assign(store.clients() * classes, 0);
  for (std::uint64_t k = 0; k < store.clients(); ++k) {
    report.rows.push_back(store.rows_of_client(ClientId(k)));
    if (classes == 0) continue;
    for (const double label : store.client_rows(ClientId(k)).labels()) {
      ++report.counts[k * classes + static_cast<std::size_t>(label)];
    }
  }
  if (classes > 0) report.total_variation = mean_total_variation(report);

  if (prepared.function().layout().size() != prepared.function().layout().shared()) return report;
  Vec mean = Vec::Zero(prepared.start().size());
  for_each_gradient(prepared, pool, [&](double p, const Vec& g) { mean += p * g; });
  report.squared_gradient = kernels::dot(span_of(mean), span_of(mean));
  double dissimilarity = 0;
  for_each_gradient(prepared, pool, [&](double p, const Vec& g) {
    const Vec difference = g - mean;
    dissimilarity += p * kernels::dot(span_of(difference), span_of(difference));
  });
  report.dissimilarity = dissimilarity;
  return report;
}

std::string to_text(const PartitionReport& report) {
  std::vector<std::uint64_t> sorted = report.rows;
  std::sort(sorted.begin(), sorted.end());
  const std::uint64_t total = std::accumulate(sorted.begin(), sorted.end(), std::uint64_t{0});
  const auto empty = std::count(sorted.begin(), sorted.end(), 0U);
  std::string text =
      fmt::format("clients        {}{}\ntrain rows     {}: {} to {} a client, median {}\n",
                  sorted.size(), empty == 0 ? "" : fmt::format(", {} without rows", empty), total,
                  sorted.front(), sorted.back(), sorted[sorted.size() / 2]);
  if (report.total_variation) {
    const std::size_t classes = report.labels.size();
    std::uint64_t held = 0;
    for (const auto count : report.counts) held += count > 0;
    text += fmt::format("classes        {}, {:.3g} a client\n", classes,
                        static_cast<double>(held) / static_cast<double>(sorted.size()));
    text += fmt::format("total variation of labels, mean over clients   {:.4f}\n",
                        *report.total_variation);
  }
  if (!report.dissimilarity) return text;
  text +=
      fmt::format("gradient dissimilarity at the start            {:.4g}", *report.dissimilarity);
  if (report.squared_gradient > 0) {
    text += fmt::format(", {:.4g} of the squared gradient",
                        *report.dissimilarity / report.squared_gradient);
  }
  return text + "\n";
}

report::HeatMap label_map(const PartitionReport& report) {
  const std::size_t clients = report.rows.size(), classes = report.labels.size();
  report::HeatMap map;
  map.title = "Training rows of each client";
  map.description = "Rows of each label at each client, and in all.";
  map.row_label = classes > 0 ? "label" : "";
  map.column_label = "client";
  map.value = {"rows"};
  for (std::size_t c = 0; c < classes; ++c) {
    map.rows.push_back(fmt::format("{}", report.labels[c]));
    for (std::size_t k = 0; k < clients; ++k) {
      map.values.push_back(static_cast<double>(report.counts[k * classes + c]));
    }
  }
  map.rows.emplace_back("all");
  for (const auto rows : report.rows) map.values.push_back(static_cast<double>(rows));
  for (std::size_t k = 0; k < clients; ++k) map.columns.push_back(fmt::format("{}", k));
  return map;
}

}  // namespace cohort
