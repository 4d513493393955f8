#pragma once
// Centered clipping: from the last result, a step that no row can make longer than τ/n.
//   v ← v + Σ_i ω_i min(1, τ/‖x_i − v‖) (x_i − v),   L times;  v the result of the round before,
//   0 in the first;  ω_i = 1/n, or the weights of the rows over their sum
// Karimireddy, He, Jaggi, ICML 2021, who take L = 1, τ = 10/(1 − β) and momentum β = 0.9 at the
// clients. Stateful, so it has no κ: its error depends on where it was.
//
// Tolerates f < n/2 in practice (f < n/10 in theory). Cost: the distances (n²d/2) with one more
// row, n² an iteration, one weighted sum.

#include <algorithm>
#include <cmath>

#include "algorithms/aggregation.hpp"
#include "core/kernels.hpp"
#include "core/options.hpp"

namespace cohort {

struct CenteredClipping {
  static constexpr std::string_view name = "centered_clipping";
  static constexpr std::string_view summary = "a step from the last result, clipped by update";
  static constexpr std::string_view source = "Karimireddy et al., ICML 2021";
  static constexpr std::string_view cost = "Gram matrix, n² an iteration, one weighted sum";
  static constexpr bool needs_f = false;
  static constexpr bool uses_previous = true;
  static constexpr bool takes_weights = true;
  struct Options {
    double radius = 10.0;
    std::size_t iterations = 1;
    static void declare(OptionTable<Options>& t) {
      t.add("radius", &Options::radius, positive, "tau, the distance at which a row is clipped");
      t.add("iterations", &Options::iterations, at_least(1), "L");
    }
  };
  Options options;

  std::size_t tolerated(std::size_t n) const { return n == 0 ? 0 : (n - 1) / 2; }

  Vec weights(const Distances& distances, const RuleInput& input) const {
    const Index n = distances.rows();
    const Vec omega = relative_weights(input, n) / static_cast<double>(n);
    Vec v = Vec::Zero(distances.points());
    v[distances.previous()] = 1.0;
    for (std::size_t l = 0; l < options.iterations; ++l) {
      const Vec product = distances.inner_times(v);
      const double square = kernels::dot(as_span(v), as_span(product));
      Vec next = v;
      for (Index i = 0; i < n; ++i) {
        const double d2 = l == 0 ? distances.d2(i, distances.previous())
                                 : square + distances.inner(i, i) - 2.0 * product[i];
        const double distance = std::sqrt(std::max(0.0, d2));
        const double share =
            omega[i] * (distance > options.radius ? options.radius / distance : 1.0);
        next -= share * v;
        next[i] += share;
      }
      v = std::move(next);
    }
    return v;
  }
};

}  // namespace cohort
