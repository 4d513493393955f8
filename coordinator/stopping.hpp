#pragma once
// When a run ends: rules over what has been measured so far.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.hpp"

namespace cohort {

/// By set ("train", "validation", "test", "client_test"): loss, objective, accuracy …; what belongs
/// to no set (gradient_norm, distance) stands under "". Names, and which direction is better:
/// core/metric.hpp.
using Measured = std::map<std::string, std::map<std::string, double>>;

struct StopTarget {
  std::string set;
  std::string metric;
  double value = 0;
  bool at_least = false;  // where higher is better; otherwise at most
};

struct StopRules {
  std::uint64_t rounds = 0;
  std::vector<StopTarget> targets;
  std::optional<std::uint64_t> oracle_calls;
  std::optional<std::uint64_t> protocol_bytes;
  std::optional<Seconds> wall_time;
  std::optional<double> sim_seconds;
  std::optional<double> loss_above;  // divergence
};

struct Progress {
  std::uint64_t round = 0;
  std::uint64_t oracle_calls = 0;
  std::uint64_t protocol_bytes = 0;
  Seconds elapsed{0};
  double sim_seconds = 0;
};

enum class Verdict : std::uint8_t { go_on, reached, out_of_time, diverged };
struct StopDecision {
  Verdict verdict = Verdict::go_on;
  std::string why;
};

/// `measured` is null if this round was not evaluated. A value that is not finite, or a loss above
/// loss_above, has diverged; one that its rows do not determine (auroc of one class) has not.
StopDecision decide_stop(const StopRules& rules, const Progress& progress,
                         const Measured* measured);

}  // namespace cohort
