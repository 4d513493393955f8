#pragma once
// A little is enough: all send μ − z σ, per coordinate the mean of the honest updates less z of
// their standard deviations (of h − 1): near enough to pass for one of them.
//   z_max = Φ⁻¹((n − b − s)/(n − b)),   s = ⌊n/2 + 1⌋ − b: how many honest must be won for a
//   majority
// Baruch, Baruch, Goldberg, NeurIPS 2019; n updates of which b are Byzantine. Cost: one pass.

#include <algorithm>

#include "algorithms/aggregation.hpp"
#include "core/kernels.hpp"
#include "core/options.hpp"

namespace cohort {

struct Alie {
  static constexpr std::string_view name = "alie";
  static constexpr std::string_view summary =
      "all send the honest mean less a few standard deviations";
  static constexpr std::string_view source = "Baruch et al., NeurIPS 2019";
  static constexpr bool reads_distances = false;
  struct Options {
    std::optional<double> z;
    static void declare(OptionTable<Options>& t) {
      t.add("z", &Options::z, "standard deviations; by default what still passes, z_max");
    }
  };
  Options options;

  HonestDirection direction() const { return HonestDirection::deviation; }

  /// 0 where half of the honest are enough without.
  static double largest_z(std::size_t honest, std::size_t byzantine) {
    const double h = static_cast<double>(honest);
    const std::size_t n = honest + byzantine, majority = n / 2 + 1;
    const double passed = static_cast<double>(n - majority);
    // More Byzantine than honest: as far as the last of the honest.
    return std::max(0.0, kernels::normal_quantile(std::clamp(passed / h, 0.5, 1.0 - 0.5 / h)));
  }

  Vec collude(const Collusion& collusion) const {
    const auto h = static_cast<std::size_t>(collusion.honest.rows());
    return away_from_mean(collusion.honest, 0.0,
                          options.z.value_or(largest_z(h, collusion.byzantine)));
  }
};

}  // namespace cohort
