#include "coordinator/schedule.hpp"

#include <cmath>

namespace cohort {

void keep_best(const Measured& measured, std::uint64_t round, ServerCheckpoint& state) {
  for (const auto& [set, metrics] : measured) {
    for (const auto& [metric, value] : metrics) {
      if (!std::isfinite(value)) continue;
      const bool higher = higher_is_better(metric);
      const auto [best, is_new] = state.best[set].try_emplace(metric, value);
      if (is_new || (higher ? value > best->second : value < best->second)) {
        best->second = value;
        state.best_round[set][metric] = round;
      }
    }
  }
}

}  // namespace cohort
