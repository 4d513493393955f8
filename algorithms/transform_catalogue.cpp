#include "algorithms/catalogue.hpp"
#include "algorithms/transforms/cclip.hpp"
#include "algorithms/transforms/clip.hpp"
#include "algorithms/transforms/gaussian_noise.hpp"
#include "algorithms/transforms/huber.hpp"
#include "algorithms/transforms/momentum.hpp"
#include "algorithms/transforms/sign.hpp"
#include "algorithms/transforms/stable_noise.hpp"
#include "algorithms/transforms/student_noise.hpp"
#include "algorithms/transforms/vclip.hpp"
#include "algorithms/transforms/weight_decay.hpp"

namespace cohort {

const Registry<Transform>& transforms() {
  static const Registry<Transform> table = [] {
    Registry<Transform> r("transform");
    r.add<Clip, TransformOf>();
    r.add<Momentum, TransformOf>();
    r.add<VClip, TransformOf>();
    r.add<CClip, TransformOf>();
    r.add<Huber, TransformOf>();
    r.add<WeightDecay, TransformOf>();
    r.add<SignTransform, TransformOf>();
    r.add<GaussianNoise, TransformOf>();
    r.add<StudentNoise, TransformOf>();
    r.add<StableNoise, TransformOf>();
    return r;
  }();
  return table;
}

}  // namespace cohort
