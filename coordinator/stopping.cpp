#include "coordinator/stopping.hpp"

#include <fmt/format.h>

#include <cmath>

#include "core/metric.hpp"

namespace cohort {

StopDecision decide_stop(const StopRules& rules, const Progress& progress,
                         const Measured* measured) {
  const auto reached = [](std::string why) {
    return StopDecision{Verdict::reached, std::move(why)};
  };
  if (measured != nullptr) {
    for (const auto& [set, metrics] : *measured) {
      for (const auto& [metric, value] : metrics) {
        const std::string name = set.empty() ? metric : fmt::format("{}_{}", set, metric);
        const MetricInfo* info = find_metric(metric);
        if (std::isnan(value) && info != nullptr && info->may_be_undefined) continue;
        if (!std::isfinite(value)) {
          return {Verdict::diverged,
                  fmt::format("{} is {} in round {}", name, value, progress.round)};
        }
        if (metric == "loss" && rules.loss_above && value > *rules.loss_above) {
          return {Verdict::diverged, fmt::format("{} = {} is above loss_above = {} in round {}",
                                                 name, value, *rules.loss_above, progress.round)};
        }
      }
    }
    for (const StopTarget& t : rules.targets) {
      const auto set = measured->find(t.set);
      if (set == measured->end()) continue;
      const auto metric = set->second.find(t.metric);
      if (metric == set->second.end()) continue;
      if (t.at_least ? metric->second >= t.value : metric->second <= t.value) {
        const std::string name = t.set.empty() ? t.metric : fmt::format("{}_{}", t.set, t.metric);
        return reached(fmt::format("{} = {} reached {}", name, metric->second, t.value));
      }
    }
  }
  if (rules.oracle_calls && progress.oracle_calls >= *rules.oracle_calls) {
    return reached(
        fmt::format("oracle_calls = {} reached {}", progress.oracle_calls, *rules.oracle_calls));
  }
  if (rules.protocol_bytes && progress.protocol_bytes >= *rules.protocol_bytes) {
    return reached(fmt::format("protocol_bytes = {} reached {}", progress.protocol_bytes,
                               *rules.protocol_bytes));
  }
  if (rules.sim_seconds && progress.sim_seconds >= *rules.sim_seconds) {
    return reached(
        fmt::format("sim_seconds = {} reached {}", progress.sim_seconds, *rules.sim_seconds));
  }
  if (progress.round >= rules.rounds) return reached(fmt::format("rounds = {}", rules.rounds));
  if (rules.wall_time && progress.elapsed >= *rules.wall_time) {
    return {Verdict::out_of_time, fmt::format("wall_time = {} s is used up in round {}",
                                              rules.wall_time->count(), progress.round)};
  }
  return {};
}

}  // namespace cohort
