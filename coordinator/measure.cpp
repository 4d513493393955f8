#include "coordinator/measure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/kernels.hpp"

namespace cohort {

namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();

struct Merge {
  void operator()(RowStatistics& left, RowStatistics&& right) const {
    merge(left, std::move(right));
  }
};

Error misfit(std::size_t rank, std::string_view what) {
  return peer_lost(
      fmt::format("rank {}: its evaluation has {} that do not fit the run", rank, what));
}

Result<void> check(const StatisticsPlan& plan, std::size_t metrics, std::size_t rank,
                   const EvaluatedMessage& message, std::uint64_t clients) {
  for (const auto& [set, subtrees] : message.statistics) {
    for (const auto& subtree : subtrees) {
      if (!fits(plan, subtree.value)) return misfit(rank, "statistics of " + set);
    }
  }
  for (const auto& [set, values] : message.clients) {
    const auto& ids = values.clients;
    const bool ascend =
        std::adjacent_find(ids.begin(), ids.end(), std::greater_equal<>()) == ids.end();
    if (values.values.size() != ids.size() * metrics || !ascend ||
        (!ids.empty() && ids.back() >= clients)) {
      return misfit(rank, "values of clients in " + set);
    }
  }
  return {};
}

}  // namespace

double spread_of(Spread spread, Metric metric, std::vector<double> v) {
  const auto n = static_cast<double>(v.size());
  const double sum = kernels::sum(v);
  switch (spread) {
    case Spread::mean:
      return sum / n;
    case Spread::std: {
      for (double& x : v) x -= sum / n;
      return std::sqrt(kernels::squared_norm(std::span<const double>(v)) / n);
    }
    case Spread::worst10: {
      std::sort(v.begin(), v.end());
      if (!info_of(metric).higher_is_better) std::reverse(v.begin(), v.end());
      v.resize((v.size() + 9) / 10);
      return kernels::sum(v) / static_cast<double>(v.size());
    }
    case Spread::jain: {
      const double squares = kernels::squared_norm(std::span<const double>(v));
      return squares == 0 ? 1 : sum / n * (sum / squares);
    }
  }
  return none;
}

Result<Measurement> measure(const EvaluationPlan& plan, std::vector<EvaluatedMessage> messages,
                            std::uint64_t clients) {
  std::vector<Metric> of_sets;
  for (const Metric m : plan.metrics) {
    if (is_of_a_set(m)) of_sets.push_back(m);
  }
  const StatisticsPlan statistics_plan(plan.prediction, of_sets);
  for (std::size_t r = 0; r < messages.size(); ++r) {
    COHORT_DO(check(statistics_plan, of_sets.size(), r, messages[r], clients));
  }

  Measurement out;
  std::map<std::string, OrderedSum<RowStatistics, Merge>> sums;
  OrderedSum<ReplySum, AddReplies> gradient(AddReplies{});
  bool has_gradient = false;
  for (EvaluatedMessage& e : messages) {
    for (auto& [set, subtrees] : e.statistics) {
      auto& sum = sums.try_emplace(set, Merge{}).first->second;
      for (auto& [id, value] : subtrees) sum.add(id, std::move(value));
    }
    for (auto& [id, value] : e.gradient) {
      gradient.add(id, std::move(value));
      has_gradient = true;
    }
    if (e.distance) out.values[""]["distance"] = *e.distance;
  }

  double objective_on_train = none;
  for (auto& [set, sum] : sums) {
    const RowStatistics s = std::move(sum).total().value_or(RowStatistics{});
    if (s.rows == 0) continue;
    if (set == "train") {
      objective_on_train = value_of(Metric::objective, s, messages.front().regulariser);
    }
    auto& metrics = out.values[set];
    metrics["loss"] = value_of(Metric::loss, s, 0);
    for (const Metric m : of_sets) {
      const std::string name(to_string(m));
      const std::string of_set = fmt::format("{}_{}", set, name);
      metrics[name] = value_of(m, s, messages.front().regulariser);
      if (info_of(m).may_be_undefined && std::isnan(metrics[name])) {
        out.notes[of_set] = fmt::format(
            "{} {} is undefined: {}", set, name,
            m == Metric::auroc ? "its rows are of one class" : "its labels are all equal");
      } else if (m == Metric::auroc && dropped_bits(s.rows * statistics_plan.rank_lists()) > 0) {
        out.notes[of_set] =
            fmt::format("{} auroc counts {} scores in bins; it is exact within {:.2g}", set,
                        s.rows * statistics_plan.rank_lists(), auroc(s).bin_error);
      }
    }
  }
  if (std::count(plan.metrics.begin(), plan.metrics.end(), Metric::optimality_gap) > 0) {
    out.values[""]["optimality_gap"] = objective_on_train - plan.minimum;
  }
  if (has_gradient) {
    const ReplySum total = *std::move(gradient).total();
    out.values[""]["gradient_norm"] =
        kernels::norm(total.front().values.as<double>()) / total.front().weight;
  }
  if (!plan.per_client) return out;

  std::map<std::string, std::size_t> first_column;  // by set
  for (const auto& [set, values] : messages.front().clients) {
    first_column[set] = out.columns.size();
    for (const Metric m : of_sets) out.columns.push_back(fmt::format("{}_{}", set, to_string(m)));
  }
  const std::size_t width = out.columns.size();
  out.client_values.assign(clients * width, none);
  for (const auto& [set, column] : first_column) {
    std::vector<std::vector<double>> v(of_sets.size());  // by metric, of the clients that have one
    for (std::size_t r = 0; r < messages.size(); ++r) {
      const auto found = messages[r].clients.find(set);
      if (found == messages[r].clients.end()) return misfit(r, "sets of clients");
      const auto& [ids, values] = found->second;
      for (std::size_t i = 0; i < ids.size(); ++i) {
        for (std::size_t k = 0; k < of_sets.size(); ++k) {
          const double value = values[i * of_sets.size() + k];
          out.client_values[ids[i] * width + column + k] = value;
          if (!info_of(of_sets[k]).may_be_undefined || !std::isnan(value)) v[k].push_back(value);
        }
      }
    }
    for (std::size_t k = 0; k < of_sets.size(); ++k) {
      if (v[k].empty()) continue;
      for (std::size_t s = 0; s < spreads; ++s) {
        const auto spread = static_cast<Spread>(s);
        out.values[set][name_of(of_sets[k], spread)] = spread_of(spread, of_sets[k], v[k]);
      }
    }
  }
  return out;
}

Result<ClientTable> describe_clients(const EvaluationPlan& plan,
                                     const std::vector<EvaluatedMessage>& messages,
                                     std::uint64_t clients) {
  ClientTable table;
  for (std::size_t r = 0; r < messages.size(); ++r) {
    const auto& held = messages[r].holdings;
    if (!held || held->first != table.rows.size() ||
        held->labels.size() != held->rows.size() * plan.prediction.classes()) {
      return misfit(r, "rows of clients");
    }
    table.rows.insert(table.rows.end(), held->rows.begin(), held->rows.end());
    table.labels.insert(table.labels.end(), held->labels.begin(), held->labels.end());
  }
  if (table.rows.size() != clients) return misfit(messages.size() - 1, "rows of clients");
  return table;
}

}  // namespace cohort
