#include "algorithms/catalogue.hpp"

#include "algorithms/compressors/bf16.hpp"
#include "algorithms/compressors/block_top_k.hpp"
#include "algorithms/compressors/dithering.hpp"
#include "algorithms/compressors/f16.hpp"
#include "algorithms/compressors/f32.hpp"
#include "algorithms/compressors/identity.hpp"
#include "algorithms/compressors/natural.hpp"
#include "algorithms/compressors/qsgd.hpp"
#include "algorithms/compressors/rand_k.hpp"
#include "algorithms/compressors/sign.hpp"
#include "algorithms/compressors/ternary.hpp"
#include "algorithms/compressors/top_k.hpp"
#include "algorithms/estimators/forward_gradient.hpp"
#include "algorithms/estimators/full_batch.hpp"
#include "algorithms/estimators/minibatch.hpp"
#include "algorithms/estimators/page.hpp"
#include "algorithms/estimators/saga.hpp"
#include "algorithms/estimators/sample_median.hpp"
#include "algorithms/estimators/sarah.hpp"
#include "algorithms/estimators/storm.hpp"
#include "algorithms/estimators/svrg.hpp"
#include "algorithms/estimators/zeroth_order.hpp"
#include "algorithms/methods/diana.hpp"
#include "algorithms/methods/ditto.hpp"
#include "algorithms/methods/ef14.hpp"
#include "algorithms/methods/ef21.hpp"
#include "algorithms/methods/fedavg.hpp"
#include "algorithms/methods/feddyn.hpp"
#include "algorithms/methods/fednova.hpp"
#include "algorithms/methods/fedpd.hpp"
#include "algorithms/methods/fedprox.hpp"
#include "algorithms/methods/fedsgd.hpp"
#include "algorithms/methods/fedsplit.hpp"
#include "algorithms/methods/marina.hpp"
#include "algorithms/methods/mime.hpp"
#include "algorithms/methods/per_fedavg.hpp"
#include "algorithms/methods/pfedme.hpp"
#include "algorithms/methods/proxskip.hpp"
#include "algorithms/methods/qfedavg.hpp"
#include "algorithms/methods/scaffold.hpp"
#include "algorithms/optimizers/adagrad.hpp"
#include "algorithms/optimizers/adagrad_norm.hpp"
#include "algorithms/optimizers/adam.hpp"
#include "algorithms/optimizers/adamw.hpp"
#include "algorithms/optimizers/amsgrad.hpp"
#include "algorithms/optimizers/dog.hpp"
#include "algorithms/optimizers/lion.hpp"
#include "algorithms/optimizers/nadam.hpp"
#include "algorithms/optimizers/proximal_sgd.hpp"
#include "algorithms/optimizers/rmsprop.hpp"
#include "algorithms/optimizers/sgd.hpp"
#include "algorithms/optimizers/sps.hpp"
#include "algorithms/optimizers/yogi.hpp"
#include "algorithms/transforms/cclip.hpp"
#include "algorithms/transforms/clip.hpp"
#include "algorithms/transforms/gaussian_noise.hpp"
#include "algorithms/transforms/huber.hpp"
#include "algorithms/transforms/momentum.hpp"
#include "algorithms/transforms/stable_noise.hpp"
#include "algorithms/transforms/student_noise.hpp"
#include "algorithms/transforms/vclip.hpp"
#include "algorithms/transforms/weight_decay.hpp"

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
    r.add<ForwardGradient, EstimatorOf>();
    r.add<SampleMedian, EstimatorOf>();
    return r;
  }();
  return table;
}

const Registry<Transform>& transforms() {
  static const Registry<Transform> table = [] {
    Registry<Transform> r("transform");
    r.add<Clip, TransformOf>();
    r.add<Momentum, TransformOf>();
    r.add<VClip, TransformOf>();
    r.add<CClip, TransformOf>();
    r.add<Huber, TransformOf>();
    r.add<WeightDecay, TransformOf>();
    r.add<GaussianNoise, TransformOf>();
    r.add<StudentNoise, TransformOf>();
    r.add<StableNoise, TransformOf>();
    return r;
  }();
  return table;
}

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
    return r;
  }();
  return table;
}

const Registry<Compressor>& compressors() {
  static const Registry<Compressor> table = [] {
    Registry<Compressor> r("compressor");
    r.add<Identity, CompressorOf>();
    r.add<TopK, CompressorOf>();
    r.add<BlockTopK, CompressorOf>();
    r.add<RandK, CompressorOf>();
    r.add<Qsgd, CompressorOf>();
    r.add<Dithering, CompressorOf>();
    r.add<Natural, CompressorOf>();
    r.add<Ternary, CompressorOf>();
    r.add<Sign, CompressorOf>();
    r.add<F32, CompressorOf>();
    r.add<F16, CompressorOf>();
    r.add<Bf16, CompressorOf>();
    return r;
  }();
  return table;
}

const Registry<Method>& methods() {
  static const Registry<Method> table = [] {
    Registry<Method> r("method");
    r.add<FedSgd, MethodOf>();
    r.add<FedAvg, MethodOf>();
    r.add<Scaffold, MethodOf>();
    r.add<FedProx, MethodOf>();
    r.add<FedNova, MethodOf>();
    r.add<FedDyn, MethodOf>();
    r.add<QFedAvg, MethodOf>();
    r.add<Mime, MethodOf>();
    r.add<FedSplit, MethodOf>();
    r.add<FedPd, MethodOf>();
    r.add<ProxSkip, MethodOf>();
    r.add<Ditto, MethodOf>();
    r.add<PFedMe, MethodOf>();
    r.add<PerFedAvg, MethodOf>();
    r.add<Ef14, MethodOf>();
    r.add<Ef21, MethodOf>();
    r.add<Diana, MethodOf>();
    r.add<Marina, MethodOf>();
    return r;
  }();
  return table;
}

}  // namespace cohort
