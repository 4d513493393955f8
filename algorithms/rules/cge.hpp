#pragma once
// Comparative gradient elimination: the mean of the n − f rows of least norm; ties by index.
// Gupta, Vaidya, PODC 2020 (there the sum). Not (f, κ)-robust: rows that are short and wrong stay.
// It needs redundancy among the honest.
//
// Tolerates f < n/2 under redundancy. Cost: norms (here from the Gram matrix), one weighted sum.

#include "algorithms/aggregation.hpp"

namespace cohort {

struct Cge {
  static constexpr std::string_view name = "cge";
  static constexpr std::string_view summary = "the mean of the n - f updates of least norm";
  static constexpr std::string_view source = "Gupta and Vaidya, PODC 2020";
  static constexpr std::string_view cost = "Gram matrix, one weighted sum";
  static constexpr bool needs_f = true;
  struct Options {};
  Options options;

  std::size_t tolerated(std::size_t n) const { return n == 0 ? 0 : (n - 1) / 2; }

  Vec weights(const Distances& distances, const RuleInput& input) const {
    const Vec squares = distances.d2.col(distances.origin()).head(distances.rows());
    return mean_of(distances, first_rows(as_span(squares),
                                         static_cast<std::size_t>(distances.rows()) - input.f));
  }
};

}  // namespace cohort
