#pragma once
// Min-Sum: all send m = μ − λ p with the largest λ (hiding.hpp) at which
//   Σ_i ‖m − x_i‖² ≤ min_j Σ_i ‖x_i − x_j‖²
// Shejwalkar, Houmansadr, NDSS 2021. Cost: the distances (n²d/2), n³ a trial, one weighted sum.

#include "algorithms/attacks/hiding.hpp"

namespace cohort {

struct MinSum {
  static constexpr std::string_view name = "min_sum";
  static constexpr std::string_view summary =
      "all leave the mean within the least sum of distances";
  static constexpr std::string_view source = "Shejwalkar and Houmansadr, NDSS 2021";
  using Options = HidingOptions;
  Options options;

  HonestDirection direction() const { return Hiding(options).direction(); }
  Vec collude(const Collusion& collusion) const {
    const Index h = collusion.honest.rows();
    const auto sum = [](const Vec& d2) { return kernels::sum(as_span(d2)); };
    double allowed = std::numeric_limits<double>::infinity();
    for (Index j = 0; j < h; ++j) {
      allowed = std::min(allowed, sum(collusion.honest.d2.col(j).head(h)));
    }
    return Hiding(options).collude(collusion.honest, sum, allowed);
  }
};

}  // namespace cohort
