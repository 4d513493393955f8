#pragma once
// Mean: (1/n) Σ ω_i x_i, ω_i = 1 or the weights of the rows about 1. Tolerates nothing: one row
// moves it anywhere. Cost: one pass, a sum over the clients of fixed shape; of mapped rows, n² and
// a weighted sum.

#include "algorithms/aggregation.hpp"

namespace cohort {

struct Mean {
  static constexpr std::string_view name = "mean";
  static constexpr std::string_view summary = "the unweighted mean; tolerates no Byzantine update";
  static constexpr std::string_view source = "";
  static constexpr std::string_view cost = "one pass";
  static constexpr bool needs_f = false;
  static constexpr bool takes_weights = true;
  struct Options {};
  Options options;

  std::size_t tolerated(std::size_t) const { return 0; }
};

}  // namespace cohort
