#pragma once
// Lazy weights: ½ (I + W) with W = metropolis or max_degree. Its eigenvalues are (1 + λ)/2 ≥ 0, as
// EXTRA and exact diffusion want them; the gap is half of what λ_2 alone would give.
// Shi, Ling, Wu, Yin, SIAM J. Optimization 25 (2015).

#include <string>

#include "algorithms/mixing/max_degree.hpp"
#include "algorithms/mixing/metropolis.hpp"

namespace cohort {

enum class LazyBase : std::uint8_t { metropolis, max_degree };
inline std::vector<std::pair<std::string, LazyBase>> option_names(LazyBase) {
  return {{"metropolis", LazyBase::metropolis}, {"max_degree", LazyBase::max_degree}};
}

struct LazyWeights {
  static constexpr std::string_view name = "lazy";
  static constexpr std::string_view summary = "half of the own value, half of what W gives";
  static constexpr std::string_view source = "Shi et al., SIAM J. Optimization 25 (2015)";
  static constexpr bool undirected_only = true;
  struct Options {
    LazyBase base = LazyBase::metropolis;
    static void declare(OptionTable<Options>& t) { t.add("base", &Options::base, "the weights W"); }
  };
  Options options;

  MixingMatrix matrix(const Graph& graph) const {
    return lazy_of(options.base == LazyBase::metropolis ? MetropolisWeights{}.matrix(graph)
                                                        : MaxDegreeWeights{}.matrix(graph));
  }
};

}  // namespace cohort
