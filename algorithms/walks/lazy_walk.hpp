#pragma once
// Lazy walk: stays with probability ½, else a hop of the base; ½ (I + P). Eigenvalues (1 + λ)/2 ≥
// 0, so it forgets on bipartite graphs too. Lovász, Combinatorics, Paul Erdős is Eighty 2 (1993).

#include "algorithms/walk.hpp"

namespace cohort {

enum class LazyWalkBase : std::uint8_t { simple, metropolis };
inline std::vector<std::pair<std::string, LazyWalkBase>> option_names(LazyWalkBase) {
  return {{"simple", LazyWalkBase::simple}, {"metropolis", LazyWalkBase::metropolis}};
}

struct LazyWalk {
  static constexpr std::string_view name = "lazy_walk";
  static constexpr std::string_view summary = "stays every other time";
  static constexpr std::string_view source = "Lovász, Combinatorics, Paul Erdős is Eighty 2 (1993)";
  struct Options {
    LazyWalkBase base = LazyWalkBase::simple;
    static void declare(OptionTable<Options>& t) { t.add("base", &Options::base, "the chain P"); }
  };
  Options options;

  Result<std::unique_ptr<const Walk>> on(const Graph& graph, std::span<const double> target) const {
    return options.base == LazyWalkBase::simple
               ? chain_walk(graph, BaseChain::lazy, {})
               : chain_walk(graph, BaseChain::lazy_metropolis, target);
  }
};

}  // namespace cohort
