#include "algorithms/catalogue.hpp"
#include "algorithms/estimators/curvature_aware.hpp"
#include "algorithms/estimators/forward_gradient.hpp"
#include "algorithms/estimators/full_batch.hpp"
#include "algorithms/estimators/gfm_plus.hpp"
#include "algorithms/estimators/minibatch.hpp"
#include "algorithms/estimators/page.hpp"
#include "algorithms/estimators/saga.hpp"
#include "algorithms/estimators/sample_median.hpp"
#include "algorithms/estimators/sarah.hpp"
#include "algorithms/estimators/storm.hpp"
#include "algorithms/estimators/svrg.hpp"
#include "algorithms/estimators/zeroth_order.hpp"
#include "algorithms/estimators/zeroth_order_svrg.hpp"
#include "algorithms/estimators/zord.hpp"

namespace cohort {

const Registry<Estimator>& estimators() {
  static const Registry<Estimator> table = [] {
    Registry<Estimator> r("estimator");
    r.add<Minibatch, EstimatorOf>();
    r.add<FullBatch, EstimatorOf>();
    r.add<Svrg, EstimatorOf>();
    r.add<Sarah, EstimatorOf>();
    r.add<Page, EstimatorOf>();
    r.add<Storm, EstimatorOf>();
    r.add<Saga, EstimatorOf>();
    r.add<ZerothOrder, EstimatorOf>();
    r.add<ZerothOrderSvrg, EstimatorOf>();
    r.add<GfmPlus, EstimatorOf>();
    r.add<CurvatureAware, EstimatorOf>();
    r.add<ForwardGradient, EstimatorOf>();
    r.add<SampleMedian, EstimatorOf>();
    r.add<Zord, EstimatorOf>();
    return r;
  }();
  return table;
}

}  // namespace cohort
