#pragma once
// FLTrust: each row counts as much as it points the way of a trusted one, at its length.
//   c_i = max(0, cos(x_i, x_t)),   F = Σ c_i (‖x_t‖/‖x_i‖) x_i / Σ c_i   over i ≠ t;  0 if Σ c_i =
//   0
// Cao, Fang, Liu, Gong, NDSS 2021, where x_t is the server's own update on a small clean data set.
// Here it is that of a client which the server's owner runs on such data: a server has no data.
//
// Tolerates any f of the others. Cost: the distances (n²d/2), one weighted sum.

#include <algorithm>
#include <cmath>

#include "algorithms/aggregation.hpp"
#include "core/kernels.hpp"
#include "core/options.hpp"

namespace cohort {

struct FlTrust {
  static constexpr std::string_view name = "fltrust";
  static constexpr std::string_view summary = "updates weighted by their cosine to a trusted one";
  static constexpr std::string_view source = "Cao et al., NDSS 2021";
  static constexpr std::string_view cost = "Gram matrix, one weighted sum";
  static constexpr bool needs_f = false;
  struct Options {
    std::uint64_t trusted = 0;
    static void declare(OptionTable<Options>& t) {
      t.add("trusted", &Options::trusted, "client whose update is trusted; takes part each round");
    }
  };
  Options options;

  std::size_t tolerated(std::size_t n) const { return n == 0 ? 0 : n - 1; }

  Result<Vec> weights(const Distances& distances, const RuleInput& input) const {
    COHORT_TRY(const Index t, trusted_row(name, ClientId(options.trusted), input));
    const Index n = distances.rows(), o = distances.origin();
    const double length = std::sqrt(distances.d2(t, o));
    Vec cosine = Vec::Zero(n), w = Vec::Zero(distances.points());
    for (Index i = 0; i < n; ++i) {
      const double norms = std::sqrt(distances.d2(i, o)) * length;
      if (i != t && norms > 0.0) cosine[i] = std::max(0.0, distances.product(i, t) / norms);
    }
    const double total = kernels::sum(as_span(cosine));
    for (Index i = 0; i < n; ++i) {
      if (cosine[i] > 0.0) w[i] = cosine[i] / total * (length / std::sqrt(distances.d2(i, o)));
    }
    w[o] = 1.0 - kernels::sum(as_span(w));
    return w;
  }
};

}  // namespace cohort
