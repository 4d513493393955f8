#pragma once
// Median: per coordinate. Of an even number of values, the mean of the middle two (as NumPy), or
// the lower of them (as PyTorch).
//
// A comparator network on vectors of coordinates, without a branch on data: Batcher's odd-even
// merge sort (1968), any n, less the comparators that cannot reach the middle. (f, κ)-robust with κ
// = 4 (1 + f/(n − 2f))² (Yin et al., ICML 2018; Allouah et al., AISTATS 2023).
//
// Tolerates f < n/2. Cost: one pass over the rows, about n log²n / 4 min and max a coordinate.

#include <string>
#include <vector>

#include "algorithms/aggregation.hpp"
#include "core/options.hpp"

namespace cohort {

struct Median {
  static constexpr std::string_view name = "median";
  static constexpr std::string_view summary = "the median of each coordinate";
  static constexpr std::string_view source = "Yin et al., ICML 2018";
  static constexpr bool needs_f = false;

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

  void tile(std::span<const double* const> rows, std::size_t width, const RuleInput&,
            double* out) const;
};

}  // namespace cohort
