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
#include <string>
#include <vector>

#include "algorithms/aggregation.hpp"
#include "core/kernels.hpp"
#include "core/options.hpp"

namespace cohort {

struct Krum {
  static constexpr std::string_view name = "krum";
  static constexpr std::string_view summary = "the update closest to its n - f - 2 nearest ones";
  static constexpr std::string_view source = "Blanchard et al., NeurIPS 2017";
  static constexpr bool needs_f = true;

  enum class Neighbours : std::uint8_t { n_f_2, n_f_1 };
  friend std::vector<std::pair<std::string, Neighbours>> option_names(Neighbours) {
    return {{"n-f-2", Neighbours::n_f_2}, {"n-f-1", Neighbours::n_f_1}};
  }
  struct Options {
    Neighbours neighbours = Neighbours::n_f_2;
    static void declare(OptionTable<Options>& t) {
      t.add("neighbours", &Options::neighbours, "how many neighbours a score sums over");
    }
  };
  Options options;

  std::size_t tolerated(std::size_t n) const { return n < 3 ? 0 : (n - 3) / 2; }

  Vec weights(const Distances& distances, const RuleInput& input) const {
    const Index n = distances.rows();
    // At least one neighbour, where dropped rows left only two.
    const Index left_out =
        static_cast<Index>(input.f) + 1 + (options.neighbours == Neighbours::n_f_2);
    const Index count = std::max<Index>(std::min<Index>(1, n - 1), n - left_out);
    Index best = 0;
    double least = std::numeric_limits<double>::infinity();
    std::vector<double> others;
    for (Index i = 0; i < n; ++i) {
      others.clear();
      for (Index j = 0; j < n; ++j) {
        if (j != i) others.push_back(distances.d2(j, i));
      }
      std::sort(others.begin(), others.end());
      const double score = kernels::sum(std::span(others).first(static_cast<std::size_t>(count)));
      if (score < least) {
        least = score;
        best = i;
      }
    }
    Vec w = Vec::Zero(n + 1);
    w[best] = 1.0;
    return w;
  }
};

}  // namespace cohort
