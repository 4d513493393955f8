#pragma once
// Static clipping: each row is pulled towards the origin until its norm is at most c.
//   y_i = x_i min(1, c/‖x_i‖)
// As an affine map, x_i gets min(1, c/‖x_i‖) and the origin the rest. It bounds what a row can do
// but a rule behind it is not (f, κ)-robust for any κ, since c does not follow the honest rows
// (Allouah et al., "Adaptive gradient clipping for robust federated learning", ICLR 2025).
//
// Tolerates any f itself; the rule behind it has its own limit. Cost: norms, and the weighted sum.

#include "algorithms/aggregation.hpp"
#include "core/options.hpp"

namespace cohort {

struct ClipRows {
  static constexpr std::string_view name = "clip";
  static constexpr std::string_view summary = "updates longer than a fixed norm are cut to it";
  static constexpr std::string_view source = "Allouah et al., ICLR 2025";
  static constexpr bool needs_f = false;
  struct Options {
    double norm = 1.0;
    static void declare(OptionTable<Options>& t) {
      t.add("norm", &Options::norm, positive, "largest l2 norm that passes unchanged");
    }
  };
  Options options;

  std::size_t tolerated(std::size_t n) const { return n; }
  std::size_t rows_out(std::size_t n) const { return n; }

  Mat map(const Distances& distances, const RuleInput&) const {
    return clipping_map(distances, options.norm);
  }
};

}  // namespace cohort
