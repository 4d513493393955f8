#pragma once
// MoNNA: the mean of the n − f rows nearest to a row that is trusted, itself included.
//   (1/(n − f)) Σ_{j ∈ N(t)} x_j;   ties go to the lower index, after the row itself
// Farhadkhani, Guerraoui, Gupta, Hoang, Pinot, Stephan, ICML 2023, where each node trusts itself.
// As a server's rule the trusted row is that of a client that the server's owner runs.
//
// Tolerates f < n/2. Cost: the distances (n²d/2), one sort, one weighted sum.

#include "algorithms/aggregation.hpp"
#include "core/options.hpp"

namespace cohort {

struct Monna {
  static constexpr std::string_view name = "monna";
  static constexpr std::string_view summary = "the mean of the n - f nearest to a trusted update";
  static constexpr std::string_view source = "Farhadkhani et al., ICML 2023";
  static constexpr std::string_view cost = "Gram matrix, one sort, one weighted sum";
  static constexpr bool needs_f = true;
  struct Options {
    std::uint64_t trusted = 0;
    static void declare(OptionTable<Options>& t) {
      t.add("trusted", &Options::trusted, "client whose update is trusted; takes part each round");
    }
  };
  Options options;

  std::size_t tolerated(std::size_t n) const { return n == 0 ? 0 : (n - 1) / 2; }

  Result<Vec> weights(const Distances& distances, const RuleInput& input) const {
    COHORT_TRY(const Index trusted, trusted_row(name, ClientId(options.trusted), input));
    Vec d2 = distances.d2.col(trusted).head(distances.rows());
    d2[trusted] = -1.0;
    return mean_of(distances,
                   first_rows(as_span(d2), static_cast<std::size_t>(distances.rows()) - input.f));
  }
};

}  // namespace cohort
