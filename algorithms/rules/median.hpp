#pragma once
// Median: per coordinate. Of an even number of values, the mean of the middle two (as NumPy), or
// the lower of them (as PyTorch). Of weighted rows, where the weights reach one half.
//
// A comparator network on vectors of coordinates (core/kernels_select.hpp). (f, κ)-robust with
// κ = 4 (1 + f/(n − 2f))² (Yin et al., ICML 2018; Allouah et al., AISTATS 2023).
//
// Tolerates f < n/2. Cost: one pass over the rows, about n log²n / 4 min and max a coordinate; of
// weighted rows a sort a coordinate.

#include <string>
#include <vector>

#include "algorithms/aggregation.hpp"
#include "core/options.hpp"

namespace cohort {

struct Median {
  static constexpr std::string_view name = "median";
  static constexpr std::string_view summary = "the median of each coordinate";
  static constexpr std::string_view source = "Yin et al., ICML 2018";
  static constexpr std::string_view cost = "one pass, n log²n / 4 min and max a coordinate";
  static constexpr bool needs_f = false;
  static constexpr bool takes_weights = true;

  enum class Even : std::uint8_t { mean, lower };
  friend std::vector<std::pair<std::string, Even>> option_names(Even) {
    return {{"mean", Even::mean}, {"lower", Even::lower}};
  }
  struct Options {
    Even even = Even::mean;
    static void declare(OptionTable<Options>& t) {
      t.add("even", &Options::even,
            "the median of an even number: mean of the middle two, or lower");
    }
  };
  Options options;

  std::size_t tolerated(std::size_t n) const { return n == 0 ? 0 : (n - 1) / 2; }

  double kappa(std::size_t n, std::size_t f) const {
    return 4 * (1 + kappa_ratio(n, f)) * (1 + kappa_ratio(n, f));
  }

  void tile(std::span<const double* const> rows, std::size_t width, const RuleInput& input,
            double* out) const;
  void tile(std::span<const float* const> rows, std::size_t width, const RuleInput& input,
            double* out) const;
};

}  // namespace cohort
