#pragma once
// external: another program combines the updates (problems/external/channel.hpp).
//   F(x_1 … x_n) ← its answer [d] to rows [n × d], f and whose rows they are
// Source: none; what it tolerates is what the scenario says of it.
// Cost: n · d numbers on one rank and through the channel.

#include <memory>
#include <string_view>

#include "algorithms/aggregation.hpp"
#include "core/options.hpp"
#include "problems/external/channel.hpp"

namespace cohort {

struct ExternalRule {
  static constexpr std::string_view name = "external";
  static constexpr std::string_view summary = "what another program makes of the rows";
  static constexpr std::string_view source = "";
  static constexpr std::string_view cost = "n · d numbers on one rank and to the program";
  static constexpr bool needs_f = false;
  static constexpr bool reads_whole_rows = true;
  struct Options : ExternalOptions {
    double tolerates = 0;
    static void declare(OptionTable<Options>& t) {
      t.add("tolerates", &Options::tolerates, zero_to_below_one,
            "largest share of the rows that may be Byzantine, as the rule's author says");
      ExternalOptions::declare(t);
    }
  };

  explicit ExternalRule(Options given);

  /// ⌊tolerates · n⌋
  std::size_t tolerated(std::size_t n) const;
  /// Throws ExternalFailure, also for an answer that is not finite.
  void tile(std::span<const double* const> rows, std::size_t width, const RuleInput&,
            double* out) const;
  void tile(std::span<const float* const> rows, std::size_t width, const RuleInput&,
            double* out) const;

  Options options;
  std::shared_ptr<ExternalPool> pool;  // shared by the copies of the rule: one program
};

}  // namespace cohort
