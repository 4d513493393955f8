#pragma once
// What Min-Max and Min-Sum share: all send m = μ − λ p, as far along p as hides among the honest.
//   Min-Max   max_i ‖m − x_i‖² ≤ max_{i,j} ‖x_i − x_j‖²
//   Min-Sum   Σ_i ‖m − x_i‖² ≤ min_j Σ_i ‖x_i − x_j‖²,   i, j over the honest
//   p = μ/‖μ‖ (unit), the signs of μ, or the standard deviations; λ by bisection from 10, the last
//   one that passes; 0 if none does
// Shejwalkar, Houmansadr, NDSS 2021. Cost: the distances (n²d/2), n² a trial, one weighted sum.

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "algorithms/aggregation.hpp"
#include "core/kernels.hpp"
#include "core/options.hpp"

namespace cohort {

enum class HidingDirection : std::uint8_t { unit, sign, deviation };
inline std::vector<std::pair<std::string, HidingDirection>> option_names(HidingDirection) {
  return {{"unit", HidingDirection::unit},
          {"sign", HidingDirection::sign},
          {"deviation", HidingDirection::deviation}};
}
struct HidingOptions {
  HidingDirection direction = HidingDirection::deviation;
  static void declare(OptionTable<HidingOptions>& t) {
    t.add("direction", &HidingOptions::direction, "p, along which the mean is left");
  }
};

/// Both; `reach` makes of the squared distances of a point to the honest what is compared.
class Hiding {
 public:
  explicit Hiding(HidingOptions options) : options_(options) {}
  HonestDirection direction() const {
    switch (options_.direction) {
      case HidingDirection::sign:
        return HonestDirection::sign;
      case HidingDirection::deviation:
        return HonestDirection::deviation;
      default:
        return HonestDirection::none;
    }
  }

  template <class Reach>
  Vec collude(const Distances& honest, Reach reach, double allowed) const {
    const Vec mean = away_from_mean(honest, 0.0);
    Vec origin = Vec::Zero(honest.points());
    origin[honest.origin()] = 1.0;
    const double norm = std::sqrt(squared_distance(honest, mean, origin));
    const auto row = [&](double lambda) {
      if (options_.direction != HidingDirection::unit) return away_from_mean(honest, 0.0, lambda);
      return away_from_mean(honest, norm > 0.0 ? lambda / norm : 0.0);
    };
    const auto passes = [&](double lambda) {
      Vec d2(honest.rows());
      const Vec m = row(lambda);
      for (Index i = 0; i < honest.rows(); ++i) {
        Vec x = Vec::Zero(honest.points());
        x[i] = 1.0;
        d2[i] = squared_distance(honest, m, x);
      }
      return reach(d2) <= allowed;
    };
    double lambda = first, step = first / 2, found = 0.0;
    while (std::abs(found - lambda) > accuracy && step > 0.0) {
      const bool is_hidden = passes(lambda);
      if (is_hidden) found = lambda;
      lambda += is_hidden ? step : -step;
      step /= 2;
    }
    return row(found);
  }

 private:
  static constexpr double first = 10.0;
  static constexpr double accuracy = 1e-5;
  HidingOptions options_;
};

}  // namespace cohort
