#pragma once
// Smallest maximum eigenvalue averaging: the mean of the n − f rows whose covariance has the least
// top eigenvalue.
//   S = argmin_{|S| = n − f} λ_max(Σ_{i ∈ S} (x_i − x̄_S)(x_i − x̄_S)ᵀ),   F = x̄_S
// Allouah, Guerraoui, Gupta, Pinot, Stephan, "On the privacy-robustness-utility trilemma in
// distributed learning", ICML 2023. κ = 4f/(n − f) (1 + f/(n − 2f))², there even with the top
// eigenvalue in place of the variance. Exact by branch and bound: the eigenvalue of a part is at
// most that of the whole.
//
// Tolerates f < n/2 as long as C(n, f) ≤ 2^12: 3 of 20, 2 of 32. Cost: the distances (n²d/2), at
// worst C(n, f) n³, one weighted sum.

#include "algorithms/rules/spectral.hpp"
#include "algorithms/rules/subsets.hpp"

namespace cohort {

struct Smea {
  static constexpr std::string_view name = "smea";
  static constexpr std::string_view summary =
      "the mean of the n - f updates of least top eigenvalue, where C(n, f) <= 2^12";
  static constexpr std::string_view source = "Allouah et al., ICML 2023";
  static constexpr std::string_view cost = "Gram matrix, at worst C(n, f) n³, one weighted sum";
  static constexpr bool needs_f = true;
  struct Options {};
  Options options;

  static constexpr std::uint64_t most_subsets = std::uint64_t{1} << 12;
  std::size_t tolerated(std::size_t n) const { return largest_f_within(n, most_subsets); }

  double kappa(std::size_t n, std::size_t f) const {
    const double r = kappa_ratio(n, f);
    return 4 * static_cast<double>(f) / static_cast<double>(n - f) * (1 + r) * (1 + r);
  }

  Vec weights(const Distances& distances, const RuleInput& input) const {
    const std::size_t size = static_cast<std::size_t>(distances.rows()) - input.f;
    const auto bound = [&](std::span<const Index> chosen, std::span<const Index>) {
      if (2 * chosen.size() < size) return 0.0;  // too little to be worth a decomposition
      Vec c = Vec::Zero(distances.rows());
      for (const Index i : chosen) c[i] = 1.0;
      const double total = top_spread(distances, c).variance * static_cast<double>(chosen.size());
      return chosen.size() < size ? total * below_rounding : total;
    };
    return mean_of(distances, least_subset(central_first(distances, input.f), size, bound));
  }

 private:
  static constexpr double below_rounding = 1.0 - 1e-9;
};

}  // namespace cohort
