#pragma once
// Inner-product manipulation: all send −τ μ, μ the mean of the honest updates of the round.
// Xie, Koyejo, Gupta, UAI 2019. Cost: one weighted sum.

#include "algorithms/aggregation.hpp"
#include "core/options.hpp"

namespace cohort {

struct Ipm {
  static constexpr std::string_view name = "ipm";
  static constexpr std::string_view summary = "all send the negative of the honest mean, scaled";
  static constexpr std::string_view source = "Xie et al., UAI 2019";
  static constexpr bool reads_distances = false;
  struct Options {
    double scale = 2.0;
    static void declare(OptionTable<Options>& t) {
      t.add("scale", &Options::scale, positive, "tau, factor of the negated mean");
    }
  };
  Options options;

  Vec collude(const Collusion& collusion) const {
    return away_from_mean(collusion.honest, 1.0 + options.scale);
  }
};

}  // namespace cohort
