#include "algorithms/aggregation_catalogue.hpp"

#include "algorithms/attacks/gaussian.hpp"
#include "algorithms/attacks/sign_flip.hpp"
#include "algorithms/row_maps/clip.hpp"
#include "algorithms/row_maps/nnm.hpp"
#include "algorithms/rules/geometric_median.hpp"
#include "algorithms/rules/krum.hpp"
#include "algorithms/rules/mean.hpp"
#include "algorithms/rules/median.hpp"

namespace cohort {

const Registry<Rule>& rules() {
  static const Registry<Rule> table = [] {
    Registry<Rule> r("aggregation rule");
    r.add<Mean, RuleOf>();
    r.add<Median, RuleOf>();
    r.add<Krum, RuleOf>();
    r.add<GeometricMedian, RuleOf>();
    return r;
  }();
  return table;
}

const Registry<RowMap>& row_maps() {
  static const Registry<RowMap> table = [] {
    Registry<RowMap> r("pre-aggregator");
    r.add<Nnm, RowMapOf>();
    r.add<ClipRows, RowMapOf>();
    return r;
  }();
  return table;
}

const Registry<Attack>& attacks() {
  static const Registry<Attack> table = [] {
    Registry<Attack> r("attack");
    r.add<SignFlip, AttackOf>();
    r.add<Gaussian, AttackOf>();
    return r;
  }();
  return table;
}

}  // namespace cohort
