#pragma once
// Bucketing: the rows in random order, cut into buckets of s (the last may hold fewer), each
// replaced by the mean of its rows. Karimireddy, He, Jaggi, ICLR 2022. At most f of the ⌈n/s⌉
// buckets hold a Byzantine row; the honest means are closer together than the rows, by s in
// variance. The order is drawn anew each round.
//
// Tolerates any f itself; the rule behind it sees ⌈n/s⌉ rows. Cost: the distances (n²d/2), n³.

#include <algorithm>

#include "algorithms/aggregation.hpp"
#include "core/options.hpp"

namespace cohort {

struct Bucketing {
  static constexpr std::string_view name = "bucketing";
  static constexpr std::string_view summary = "updates become means of random groups of s";
  static constexpr std::string_view source = "Karimireddy et al., ICLR 2022";
  static constexpr bool needs_f = false;
  struct Options {
    std::size_t size = 2;
    static void declare(OptionTable<Options>& t) {
      t.add("size", &Options::size, at_least(2), "s, updates of a bucket");
    }
  };
  Options options;

  std::size_t tolerated(std::size_t n) const { return n; }
  std::size_t rows_out(std::size_t n) const { return (n + options.size - 1) / options.size; }

  Mat map(const Distances& distances, const RuleInput& input) const {
    const auto n = static_cast<std::size_t>(distances.rows());
    const auto order = permutation(input.stream.sub(0), n);
    Mat m = Mat::Zero(static_cast<Index>(rows_out(n)), static_cast<Index>(n + 1));
    for (std::size_t i = 0; i < n; ++i) {
      const std::size_t bucket = i / options.size;
      const std::size_t rows = std::min(options.size, n - bucket * options.size);
      m(static_cast<Index>(bucket), static_cast<Index>(order[i])) = 1.0 / static_cast<double>(rows);
    }
    return m;
  }
};

}  // namespace cohort
