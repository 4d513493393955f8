#pragma once
// Minimum-diameter averaging: the mean of the n − f rows whose greatest distance is least; of
// several such sets, the one with the most central rows.
//   S = argmin_{|S| = n − f} max_{i,j ∈ S} ‖x_i − x_j‖,   F = x̄_S
// El Mhamdi, Guerraoui, Guirguis, Hoang, Rouault, PODC 2020 (Rousseeuw 1985). Exact, as a vertex
// cover of the pairs that are too far apart: enumeration would cost C(n, f). ‖F − x̄_S‖ is at most
// 2f/(n − f) times the diameter of S for every S of n − f rows; no κ is published.
//
// Tolerates f < n/2. Cost: the distances (n²d/2), 1.47^f n² log n at worst, one weighted sum.

#include "algorithms/rules/subsets.hpp"

namespace cohort {

struct Mda {
  static constexpr std::string_view name = "mda";
  static constexpr std::string_view summary = "the mean of the n - f updates of least diameter";
  static constexpr std::string_view source = "El Mhamdi et al., PODC 2020";
  static constexpr std::string_view cost = "Gram matrix, 1.47^f n² log n, one weighted sum";
  static constexpr bool needs_f = true;
  struct Options {};
  Options options;

  // Beyond 1.47^32 (2 · 10^5) searches would be hopeless where rows are alike.
  static constexpr std::size_t most_f = 32;
  std::size_t tolerated(std::size_t n) const { return n == 0 ? 0 : std::min(most_f, (n - 1) / 2); }

  Vec weights(const Distances& distances, const RuleInput& input) const {
    return mean_of(distances, least_diameter_subset(distances, input.f));
  }
};

}  // namespace cohort
