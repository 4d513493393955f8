#pragma once
// Which candidate a tuned case takes.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/sweep/sweep.hpp"

namespace cohort {

/// Where the value of an axis stands among those that were tried. `none` if it has neighbours on
/// both sides, or if the values have no order.
enum class GridEdge { none, smallest, largest };
std::string_view to_string(GridEdge edge);

struct TunedChoice {
  std::size_t candidate = 0;
  std::optional<double> mean;   // of what was tuned by; none: every candidate diverged
  std::vector<GridEdge> edges;  // by axis

  bool is_at_edge() const;
};

/// The candidate with the best mean over the seeds; one that diverged in any seed, or was measured
/// as no number, is worse than all others; of equals the first. scores[candidate][seed], none:
/// diverged.
TunedChoice choose(const Tuning& tuning,
                   const std::vector<std::vector<std::optional<double>>>& scores);

/// "method.local.optimizer.learning_rate:largest", by axis, blanks between; empty if there is none.
std::string edge_text(const Tuning& tuning, const TunedChoice& choice);
/// For people, a line each: what was chosen and why, then what is at an edge.
std::vector<std::string> choice_lines(const Tuning& tuning, const TunedChoice& choice);

}  // namespace cohort
