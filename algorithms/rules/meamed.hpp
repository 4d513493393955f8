#pragma once
// MeaMed: per coordinate, the mean of the n − f values nearest to the median (of an even n, the
// mean of the middle two); of two equally near the smaller one. Xie, Koyejo, Gupta, "Generalized
// Byzantine-tolerant SGD", 2018. No κ is published.
//
// Tolerates f < n/2. Cost: one pass over the rows, about n log²n / 2 min and max a coordinate.

#include "algorithms/aggregation.hpp"
#include "core/kernels_select.hpp"

namespace cohort {

struct Meamed {
  static constexpr std::string_view name = "meamed";
  static constexpr std::string_view summary = "the mean of the n - f values nearest to the median";
  static constexpr std::string_view source = "Xie et al., arXiv 1802.10116";
  static constexpr std::string_view cost = "one pass, n log²n / 2 min and max a coordinate";
  static constexpr bool needs_f = true;
  struct Options {};
  Options options;

  std::size_t tolerated(std::size_t n) const { return n == 0 ? 0 : (n - 1) / 2; }

  template <class T>
  void tile(std::span<const T* const> rows, std::size_t width, const RuleInput& input,
            double* out) const {
    const std::size_t n = rows.size();
    kernels::mean_around_median(kernels::Selection(n, 0, n - 1), n - input.f, rows, width, out);
  }
};

}  // namespace cohort
