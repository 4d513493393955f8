#pragma once
// Krum: the row that lies closest to its nearest neighbours.
//   argmin_i Σ_{j ∈ N(i)} ‖x_i − x_j‖²,   N(i): the n − f − 2 nearest to x_i, itself left out
// Blanchard, El Mhamdi, Guerraoui, Stainer, NeurIPS 2017. The result is one of the rows; ties go to
// the lower index. (f, κ)-robust with κ = 6 (1 + f/(n − 2f)) (Allouah et al., AISTATS 2023).
//
// Public code differs: ByzFL takes the n − f − 1 nearest (the option here), TorchJD distances that
// are not squared.
//
// Tolerates f with n ≥ 2f + 3. Cost: the distances (n²d/2), n sorts of n numbers, one row.

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "algorithms/aggregation.hpp"
#include "core/kernels.hpp"
#include "core/options.hpp"

namespace cohort {

/// How many neighbours a score of Krum sums over.
enum class KrumNeighbours : std::uint8_t { n_f_2, n_f_1 };
inline std::vector<std::pair<std::string, KrumNeighbours>> option_names(KrumNeighbours) {
  return {{"n-f-2", KrumNeighbours::n_f_2}, {"n-f-1", KrumNeighbours::n_f_1}};
}

/// Σ over the `count` nearest of ‖x_i − x_j‖², j among `others` without i.
inline double krum_score(const Distances& distances, Index i, const std::vector<Index>& others,
                         std::size_t count, std::vector<double>& spare) {
  spare.clear();
  for (const Index j : others) {
    if (j != i) spare.push_back(distances.d2(j, i));
  }
  std::sort(spare.begin(), spare.end());
  return kernels::sum(std::span(spare).first(std::min(count, spare.size())));
}

/// n − f − 2 or n − f − 1 of n rows, but at least one, where dropped rows left only two.
inline std::size_t krum_neighbours(KrumNeighbours kind, std::size_t n, std::size_t f) {
  const std::size_t left_out = f + (kind == KrumNeighbours::n_f_2 ? 2 : 1);
  return n > left_out ? n - left_out : 1;
}

/// The scores of all rows.
inline std::vector<double> krum_scores(const Distances& distances, KrumNeighbours kind,
                                       std::size_t f) {
  std::vector<Index> all(static_cast<std::size_t>(distances.rows()));
  std::iota(all.begin(), all.end(), Index{0});
  const std::size_t neighbours = krum_neighbours(kind, all.size(), f);
  std::vector<double> scores, spare;
  for (const Index i : all) {
    scores.push_back(krum_score(distances, i, all, neighbours, spare));
  }
  return scores;
}

struct Krum {
  static constexpr std::string_view name = "krum";
  static constexpr std::string_view summary = "the update closest to its n - f - 2 nearest ones";
  static constexpr std::string_view source = "Blanchard et al., NeurIPS 2017";
  static constexpr std::string_view cost = "Gram matrix, n sorts, one row";
  static constexpr bool needs_f = true;

  struct Options {
    KrumNeighbours neighbours = KrumNeighbours::n_f_2;
    static void declare(OptionTable<Options>& t) {
      t.add("neighbours", &Options::neighbours, "how many neighbours a score sums over");
    }
  };
  Options options;

  std::size_t tolerated(std::size_t n) const { return n < 3 ? 0 : (n - 3) / 2; }
  double kappa(std::size_t n, std::size_t f) const { return 6 * (1 + kappa_ratio(n, f)); }

  Vec weights(const Distances& distances, const RuleInput& input) const {
    const auto scores = krum_scores(distances, options.neighbours, input.f);
    const auto best = std::min_element(scores.begin(), scores.end()) - scores.begin();
    Vec w = Vec::Zero(distances.points());
    w[best] = 1.0;
    return w;
  }
};

}  // namespace cohort
