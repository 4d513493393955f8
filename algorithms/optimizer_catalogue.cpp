#include "algorithms/catalogue.hpp"
#include "algorithms/optimizers/adagrad.hpp"
#include "algorithms/optimizers/adagrad_norm.hpp"
#include "algorithms/optimizers/adam.hpp"
#include "algorithms/optimizers/adamw.hpp"
#include "algorithms/optimizers/amsgrad.hpp"
#include "algorithms/optimizers/dog.hpp"
#include "algorithms/optimizers/lion.hpp"
#include "algorithms/optimizers/nadam.hpp"
#include "algorithms/optimizers/o2nc.hpp"
#include "algorithms/optimizers/proximal_sgd.hpp"
#include "algorithms/optimizers/rmsprop.hpp"
#include "algorithms/optimizers/sgd.hpp"
#include "algorithms/optimizers/sps.hpp"
#include "algorithms/optimizers/yogi.hpp"

namespace cohort {

const Registry<Optimizer>& optimizers() {
  static const Registry<Optimizer> table = [] {
    Registry<Optimizer> r("optimizer");
    r.add<Sgd, OptimizerOf>();
    r.add<ProximalSgd, OptimizerOf>();
    r.add<Adam, OptimizerOf>();
    r.add<AdamW, OptimizerOf>();
    r.add<NAdam, OptimizerOf>();
    r.add<AmsGrad, OptimizerOf>();
    r.add<Yogi, OptimizerOf>();
    r.add<RmsProp, OptimizerOf>();
    r.add<Adagrad, OptimizerOf>();
    r.add<AdaGradNorm, OptimizerOf>();
    r.add<Lion, OptimizerOf>();
    r.add<DoG, OptimizerOf>();
    r.add<Sps, OptimizerOf>();
    r.add<O2nc, OptimizerOf>();
    return r;
  }();
  return table;
}

}  // namespace cohort
