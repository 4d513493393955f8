#pragma once
// History-driven target over a reversible base P with stationary law π: the target itself moves
// away from where the walk has been,
//   π_i[x] ∝ π_i (x_i/π_i)^−α
//   propose j ~ P(i, ·), go there with probability min(1, ((x_j/π_j)/(x_i/π_i))^−α), else stay
// Hu, Ma, Eun, ICML 2025. Only two counts are read, so a hop is O(1); the covariance of the visits
// is that of the base over 2α + 1.
//
// A bounded memory keeps the counts of the `cache` nodes visited last. The count of another node j
// is taken to be π_j times the mean of x̃_k/π_k over the remembered neighbours k of the node where
// the walk is, or, if it remembers none, its fair share. Cost a hop: at most 4 draws, 1 power; with
// a cache, passes over its entries.

#include "algorithms/walk.hpp"

namespace cohort {

struct Hdt {
  static constexpr std::string_view name = "hdt";
  static constexpr std::string_view summary =
      "a target that moves away from where the walk has been";
  static constexpr std::string_view source = "Hu, Ma and Eun, ICML 2025";
  struct Options {
    BaseChain base = BaseChain::metropolis;
    double alpha = 5.0;
    std::uint64_t cache = 0;
    static void declare(OptionTable<Options>& t) {
      t.add("base", &Options::base, "the chain P that proposes; reversible");
      t.add("alpha", &Options::alpha, non_negative, "strength α; 0 is the base itself");
      t.add("cache", &Options::cache, non_negative, "nodes whose counts are kept; 0: all");
    }
  };
  Options options;

  Result<std::unique_ptr<const Walk>> on(const Graph& graph, std::span<const double> target) const;
};

}  // namespace cohort
