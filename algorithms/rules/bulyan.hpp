#pragma once
// Bulyan: θ = n − 2f rows chosen by repeated Krum, then per coordinate the mean of the θ − 2f
// values nearest to their median.
//   R ← all rows; θ times: the row of R whose |R| − f − 2 nearest in R are closest moves out
// Two rows that are each other's nearest tie where one neighbour counts: the one closer to all of
// R. El Mhamdi, Guerraoui, Rouault, ICML 2018. No κ is published.
//
// Tolerates f with n ≥ 4f + 3. Cost: the distances (n²d/2), θ n sorts of n numbers, one pass over
// the chosen rows.

#include "algorithms/rules/krum.hpp"
#include "core/kernels_select.hpp"

namespace cohort {

struct Bulyan {
  static constexpr std::string_view name = "bulyan";
  static constexpr std::string_view summary =
      "updates by repeated Krum, then values near the median";
  static constexpr std::string_view source = "El Mhamdi et al., ICML 2018";
  static constexpr std::string_view cost = "Gram matrix, n³ log n, one pass over n - 2f rows";
  static constexpr bool needs_f = true;
  struct Options {};
  Options options;

  std::size_t tolerated(std::size_t n) const { return n < 3 ? 0 : (n - 3) / 4; }
  std::size_t selected(std::size_t n, std::size_t f) const { return n - 2 * f; }

  Mat selection(const Distances& distances, const RuleInput& input) const {
    const Index n = distances.rows();
    std::vector<Index> left(static_cast<std::size_t>(n));
    std::iota(left.begin(), left.end(), Index{0});
    const auto count = static_cast<Index>(selected(left.size(), input.f));
    Mat m = Mat::Zero(count, n + 1);
    std::vector<double> spare;
    for (Index a = 0; a < count; ++a) {
      const std::size_t neighbours = krum_neighbours(KrumNeighbours::n_f_2, left.size(), input.f);
      auto best = left.begin();
      std::pair least(std::numeric_limits<double>::infinity(), 0.0);
      for (auto i = left.begin(); i != left.end(); ++i) {
        const std::pair score(krum_score(distances, *i, left, neighbours, spare),
                              krum_score(distances, *i, left, left.size(), spare));
        if (score < least) {
          least = score;
          best = i;
        }
      }
      m(a, *best) = 1.0;
      left.erase(best);
    }
    return m;
  }

  template <class T>
  void tile(std::span<const T* const> rows, std::size_t width, const RuleInput& input,
            double* out) const {
    const std::size_t n = rows.size();
    kernels::mean_around_median(kernels::Selection(n, 0, n - 1), n - 2 * input.f, rows, width, out);
  }
};

}  // namespace cohort
