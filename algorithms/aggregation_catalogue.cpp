#include "algorithms/aggregation_catalogue.hpp"

#include "algorithms/attacks/alie.hpp"
#include "algorithms/attacks/gaussian.hpp"
#include "algorithms/attacks/infinity.hpp"
#include "algorithms/attacks/ipm.hpp"
#include "algorithms/attacks/label_flip.hpp"
#include "algorithms/attacks/mimic.hpp"
#include "algorithms/attacks/min_max.hpp"
#include "algorithms/attacks/min_sum.hpp"
#include "algorithms/attacks/nan.hpp"
#include "algorithms/attacks/optimal_alie.hpp"
#include "algorithms/attacks/optimal_ipm.hpp"
#include "algorithms/attacks/replay.hpp"
#include "algorithms/attacks/sign_flip.hpp"
#include "algorithms/row_maps/arc.hpp"
#include "algorithms/row_maps/bucketing.hpp"
#include "algorithms/row_maps/clip.hpp"
#include "algorithms/row_maps/nnm.hpp"
#include "algorithms/rules/bulyan.hpp"
#include "algorithms/rules/caf.hpp"
#include "algorithms/rules/centered_clipping.hpp"
#include "algorithms/rules/cge.hpp"
#include "algorithms/rules/dnc.hpp"
#include "algorithms/rules/fltrust.hpp"
#include "algorithms/rules/geometric_median.hpp"
#include "algorithms/rules/krum.hpp"
#include "algorithms/rules/mda.hpp"
#include "algorithms/rules/meamed.hpp"
#include "algorithms/rules/mean.hpp"
#include "algorithms/rules/median.hpp"
#include "algorithms/rules/minimum_variance.hpp"
#include "algorithms/rules/monna.hpp"
#include "algorithms/rules/multi_krum.hpp"
#include "algorithms/rules/sign_majority.hpp"
#include "algorithms/rules/smea.hpp"
#include "algorithms/rules/trimmed_mean.hpp"

namespace cohort {

const Registry<Rule>& rules() {
  static const Registry<Rule> table = [] {
    Registry<Rule> r("aggregation rule");
    r.add<Mean, RuleOf>();
    r.add<Median, RuleOf>();
    r.add<TrimmedMean, RuleOf>();
    r.add<Meamed, RuleOf>();
    r.add<GeometricMedian, RuleOf>();
    r.add<Krum, RuleOf>();
    r.add<MultiKrum, RuleOf>();
    r.add<Bulyan, RuleOf>();
    r.add<Mda, RuleOf>();
    r.add<MinimumVariance, RuleOf>();
    r.add<Smea, RuleOf>();
    r.add<Caf, RuleOf>();
    r.add<Dnc, RuleOf>();
    r.add<CenteredClipping, RuleOf>();
    r.add<Cge, RuleOf>();
    r.add<Monna, RuleOf>();
    r.add<FlTrust, RuleOf>();
    r.add<SignMajority, RuleOf>();
    return r;
  }();
  return table;
}

const Registry<RowMap>& row_maps() {
  static const Registry<RowMap> table = [] {
    Registry<RowMap> r("pre-aggregator");
    r.add<Nnm, RowMapOf>();
    r.add<Bucketing, RowMapOf>();
    r.add<ClipRows, RowMapOf>();
    r.add<Arc, RowMapOf>();
    return r;
  }();
  return table;
}

const Registry<Attack>& attacks() {
  static const Registry<Attack> table = [] {
    Registry<Attack> r("attack");
    r.add<SignFlip, AttackOf>();
    r.add<Gaussian, AttackOf>();
    r.add<SendInfinity, AttackOf>();
    r.add<SendNan, AttackOf>();
    r.add<LabelFlip, AttackOf>();
    r.add<Replay, AttackOf>();
    r.add<Ipm, AttackOf>();
    r.add<Alie, AttackOf>();
    r.add<OptimalIpm, AttackOf>();
    r.add<OptimalAlie, AttackOf>();
    r.add<Mimic, AttackOf>();
    r.add<MinMax, AttackOf>();
    r.add<MinSum, AttackOf>();
    return r;
  }();
  return table;
}

}  // namespace cohort
