#pragma once
// Minimum variance: the mean of the n − f rows with the least sum of squared distances.
//   S = argmin_{|S| = n − f} Σ_{i,j ∈ S} ‖x_i − x_j‖²,   F = x̄_S
// Rousseeuw 1985; Guerraoui, Rouault. Exact by branch and bound: what a partial set costs, and for
// each row still to come its distances to the set and half of its least ones to any others.
//
// Tolerates f < n/2 as long as C(n, f) ≤ 2^20: 6 of 32, 4 of 50. Cost: the distances (n²d/2), at
// worst C(n, f) n, one weighted sum.

#include <algorithm>
#include <vector>

#include "algorithms/rules/subsets.hpp"
#include "core/kernels.hpp"

namespace cohort {

struct MinimumVariance {
  static constexpr std::string_view name = "minimum_variance";
  static constexpr std::string_view summary =
      "the mean of the n - f updates of least variance, where C(n, f) <= 2^20";
  static constexpr std::string_view source = "Rousseeuw 1985";
  static constexpr std::string_view cost = "Gram matrix, at worst C(n, f) n, one weighted sum";
  static constexpr bool needs_f = true;
  struct Options {};
  Options options;

  static constexpr std::uint64_t most_subsets = std::uint64_t{1} << 20;
  std::size_t tolerated(std::size_t n) const { return largest_f_within(n, most_subsets); }

  Vec weights(const Distances& distances, const RuleInput& input) const {
    const auto n = static_cast<std::size_t>(distances.rows());
    const std::size_t size = n - input.f;
    // least[i][k]: half of the sum of the k least distances of row i to others
    std::vector<std::vector<double>> least(n);
    for (Index i = 0; i < distances.rows(); ++i) {
      std::vector<double> d2(distances.d2.col(i).data(), distances.d2.col(i).data() + n);
      d2.erase(d2.begin() + i);
      std::sort(d2.begin(), d2.end());
      auto& sums = least[static_cast<std::size_t>(i)];
      sums.assign(1, 0.0);
      for (const double d : d2) sums.push_back(sums.back() + 0.5 * d);
    }
    std::vector<double> costs;
    const auto bound = [&](std::span<const Index> chosen, std::span<const Index> left) {
      double sum = 0.0;
      for (std::size_t a = 1; a < chosen.size(); ++a) {
        for (std::size_t b = 0; b < a; ++b) sum += distances.d2(chosen[b], chosen[a]);
      }
      const std::size_t missing = size - chosen.size();
      if (missing == 0) return sum;
      costs.clear();
      for (const Index i : left) {
        double to_chosen = least[static_cast<std::size_t>(i)][missing - 1];
        for (const Index j : chosen) to_chosen += distances.d2(j, i);
        costs.push_back(to_chosen);
      }
      std::sort(costs.begin(), costs.end());
      for (std::size_t k = 0; k < missing; ++k) sum += costs[k];
      return sum * below_rounding;
    };
    return mean_of(distances, least_subset(central_first(distances, input.f), size, bound));
  }

 private:
  // A bound that is larger than it should be by rounding would lose the best subset.
  static constexpr double below_rounding = 1.0 - 1e-12;
};

}  // namespace cohort
