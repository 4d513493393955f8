#pragma once
// Multi-Krum: the mean of the m rows that Krum likes best.
//   scores as in Krum; rows by (score, index); (1/m) Σ of the first m, m = n − f by default
// Blanchard, El Mhamdi, Guerraoui, Stainer, NeurIPS 2017. No κ is published for m > 1.
//
// Tolerates f with n ≥ 2f + 3. Cost: the distances (n²d/2), n sorts of n numbers, a weighted sum.

#include "algorithms/rules/krum.hpp"

namespace cohort {

struct MultiKrum {
  static constexpr std::string_view name = "multi_krum";
  static constexpr std::string_view summary = "the mean of the updates with the best Krum scores";
  static constexpr std::string_view source = "Blanchard et al., NeurIPS 2017";
  static constexpr std::string_view cost = "Gram matrix, n sorts, one weighted sum";
  static constexpr bool needs_f = true;

  struct Options {
    KrumNeighbours neighbours = KrumNeighbours::n_f_2;
    std::size_t chosen = 0;
    static void declare(OptionTable<Options>& t) {
      t.add("neighbours", &Options::neighbours, "how many neighbours a score sums over");
      t.add("chosen", &Options::chosen, "m, updates that the mean is of; 0: n - f");
    }
  };
  Options options;

  std::size_t tolerated(std::size_t n) const { return n < 3 ? 0 : (n - 3) / 2; }

  Vec weights(const Distances& distances, const RuleInput& input) const {
    const auto n = static_cast<std::size_t>(distances.rows());
    const std::size_t most = options.chosen == 0 ? n - input.f : std::min(options.chosen, n);
    return mean_of(distances,
                   first_rows(krum_scores(distances, options.neighbours, input.f), most));
  }
};

}  // namespace cohort
