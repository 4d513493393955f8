#pragma once
// Mimic: all copy one honest update, so that its client counts more than its share. Whom:
//   first    the honest client of the lowest id, always
//   spread   the honest update that reaches farthest along the direction of greatest variance among
//            the honest of the round
// Karimireddy, He, Jaggi, ICLR 2022, appendix. There the direction is learned over the first rounds
// by one power iteration each and the client then fixed; here it is that of the round.
// Cost: first, one row; spread, the distances and a decomposition.

#include <string>
#include <vector>

#include "algorithms/aggregation.hpp"
#include "algorithms/rules/spectral.hpp"
#include "core/options.hpp"

namespace cohort {

struct Mimic {
  static constexpr std::string_view name = "mimic";
  static constexpr std::string_view summary = "all copy one honest update";
  static constexpr std::string_view source = "Karimireddy et al., ICLR 2022";

  enum class Whom : std::uint8_t { first, spread };
  friend std::vector<std::pair<std::string, Whom>> option_names(Whom) {
    return {{"first", Whom::first}, {"spread", Whom::spread}};
  }
  struct Options {
    Whom whom = Whom::spread;
    static void declare(OptionTable<Options>& t) {
      t.add("whom", &Options::whom, "the first honest client, or who lies farthest out");
    }
  };
  Options options;

  Vec collude(const Collusion& collusion) const {
    Index whom = 0;
    if (options.whom == Whom::spread) {
      const Index h = collusion.honest.rows();
      top_spread(collusion.honest, Vec::Ones(h)).along.maxCoeff(&whom);
    }
    Vec a = Vec::Zero(collusion.honest.points());
    a[whom] = 1.0;
    return a;
  }
};

}  // namespace cohort
