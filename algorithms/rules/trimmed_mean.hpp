#pragma once
// Trimmed mean: per coordinate, the mean of the n − 2f values that are left when the f smallest and
// the f largest are taken away.
// Yin, Chen, Ramchandran, Bartlett, ICML 2018. (f, κ)-robust with κ = 6 r (1 + r), r = f/(n − 2f)
// (Allouah et al., AISTATS 2023).
//
// Tolerates f < n/2. Cost: one pass over the rows, about n log²n / 4 min and max a coordinate.

#include "algorithms/aggregation.hpp"
#include "core/kernels_select.hpp"

namespace cohort {

struct TrimmedMean {
  static constexpr std::string_view name = "trimmed_mean";
  static constexpr std::string_view summary = "the mean of each coordinate without its f extremes";
  static constexpr std::string_view source = "Yin et al., ICML 2018";
  static constexpr std::string_view cost = "one pass, n log²n / 4 min and max a coordinate";
  static constexpr bool needs_f = true;
  struct Options {};
  Options options;

  std::size_t tolerated(std::size_t n) const { return n == 0 ? 0 : (n - 1) / 2; }
  double kappa(std::size_t n, std::size_t f) const {
    return 6 * kappa_ratio(n, f) * (1 + kappa_ratio(n, f));
  }

  template <class T>
  void tile(std::span<const T* const> rows, std::size_t width, const RuleInput& input,
            double* out) const {
    const kernels::Selection middle(rows.size(), input.f, rows.size() - 1 - input.f,
                                    kernels::Places::any);
    kernels::mean_of_ranks(middle, rows, width, out);
  }
};

}  // namespace cohort
