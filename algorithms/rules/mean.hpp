#pragma once
// Mean: (1/n) Σ x_i, unweighted. Tolerates nothing: one row moves it anywhere.
// Cost: one pass, a sum over the clients of fixed shape; of mapped rows, n² and a weighted sum.

#include "algorithms/aggregation.hpp"

namespace cohort {

struct Mean {
  static constexpr std::string_view name = "mean";
  static constexpr std::string_view summary = "the unweighted mean; tolerates no Byzantine update";
  static constexpr std::string_view source = "";
  static constexpr bool needs_f = false;
  struct Options {};
  Options options;

  std::size_t tolerated(std::size_t) const { return 0; }
};

}  // namespace cohort
