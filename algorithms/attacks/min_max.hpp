#pragma once
// Min-Max: all send m = μ − λ p with the largest λ (hiding.hpp) at which
//   max_i ‖m − x_i‖² ≤ max_{i,j} ‖x_i − x_j‖²
// Shejwalkar, Houmansadr, NDSS 2021. Cost: the distances (n²d/2), n³ a trial, one weighted sum.

#include "algorithms/attacks/hiding.hpp"

namespace cohort {

struct MinMax {
  static constexpr std::string_view name = "min_max";
  static constexpr std::string_view summary = "all leave the mean as far as the honest are apart";
  static constexpr std::string_view source = "Shejwalkar and Houmansadr, NDSS 2021";
  using Options = HidingOptions;
  Options options;

  HonestDirection direction() const { return Hiding(options).direction(); }
  Vec collude(const Collusion& collusion) const {
    const Index h = collusion.honest.rows();
    const double allowed = collusion.honest.d2.topLeftCorner(h, h).maxCoeff();
    return Hiding(options).collude(
        collusion.honest, [](const Vec& d2) { return d2.maxCoeff(); }, allowed);
  }
};

}  // namespace cohort
