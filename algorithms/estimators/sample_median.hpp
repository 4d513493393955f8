#pragma once
// Sample median: the median of several gradients at the same model, instead of their mean.
//   g_s ← ∇f_{B_s}(w),  s = 1 … n                     the batch in n parts, or a row a part
//   geometric    g ← argmin_z Σ_s ‖z − g_s‖           (the rule geometric_median)
//   coordinate   g_j ← the median of (g_s)_j; of an even n the mean of the middle two
// -----------------------------------------------------------------------------------------------
// w, g_s, g [d]; B the step's batch; n = samples, at most |B|, 0: |B|. Parts are of equal size, or
// differ by one row; a full batch is dealt in a random order. n = 1 is the minibatch.
// With noise that is symmetric about the gradient the median needs no finite mean, only enough
// samples for its tails; with other noise it is biased. A gradient that is not finite is left out.
// Source: Schaipp, Garrigos, Şimşekli, Gower, arXiv 2402.12828. With clients in the place of the
// parts it is fedsgd under the rule geometric_median, or median.
// Cost a step: 1 gradient of |B| rows, in n calls, and n²d/2 multiplications (geometric); memory
// n vectors while it lasts.

#include <string>
#include <utility>
#include <vector>

#include "algorithms/pipeline.hpp"
#include "core/options.hpp"

namespace cohort {

struct SampleMedian {
  static constexpr std::string_view name = "sample_median";
  static constexpr std::string_view summary = "the median of the gradients on parts of the batch";
  static constexpr std::string_view source = "Schaipp et al., arXiv 2402.12828";
  static constexpr Capabilities needs{Query::gradient};
  static constexpr bool uses_batches = true;

  enum class Median : std::uint8_t { geometric, coordinate };
  friend std::vector<std::pair<std::string, Median>> option_names(Median) {
    return {{"geometric", Median::geometric}, {"coordinate", Median::coordinate}};
  }
  struct Options {
    std::uint64_t samples = 0;
    Median median = Median::geometric;
    static void declare(OptionTable<Options>& t) {
      t.add("samples", &Options::samples, non_negative,
            "parts of the batch, each with a gradient; 0: every row");
      t.add("median", &Options::median, "which median of them");
    }
  };
  Options options;

  double estimate(const StepInfo& info, NoState, Oracle& all, Oracle& batch, VecView w,
                  VecRef g) const;
};

}  // namespace cohort
