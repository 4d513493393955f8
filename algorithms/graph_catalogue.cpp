#include "algorithms/graph_catalogue.hpp"

#include "algorithms/graphs/complete.hpp"
#include "algorithms/graphs/exponential.hpp"
#include "algorithms/graphs/hypercube.hpp"
#include "algorithms/graphs/one_peer_exponential.hpp"
#include "algorithms/graphs/path.hpp"
#include "algorithms/graphs/ring.hpp"
#include "algorithms/graphs/star.hpp"
#include "algorithms/graphs/torus.hpp"
#include "algorithms/mixing/edge_weights.hpp"
#include "algorithms/mixing/lazy.hpp"
#include "algorithms/mixing/max_degree.hpp"
#include "algorithms/mixing/metropolis.hpp"
#include "algorithms/mixing/push.hpp"
#include "algorithms/mixing/uniform.hpp"

namespace cohort {

const Registry<Topology>& graphs() {
  static const Registry<Topology> table = [] {
    Registry<Topology> r("graph");
    r.add<Ring, TopologyOf>();
    r.add<PathGraph, TopologyOf>();
    r.add<Torus, TopologyOf>();
    r.add<Star, TopologyOf>();
    r.add<Complete, TopologyOf>();
    r.add<Hypercube, TopologyOf>();
    r.add<Exponential, TopologyOf>();
    r.add<OnePeerExponential, TopologyOf>();
    return r;
  }();
  return table;
}

const Registry<Mixing>& mixings() {
  static const Registry<Mixing> table = [] {
    Registry<Mixing> r("mixing");
    r.add<MetropolisWeights, MixingOf>();
    r.add<MaxDegreeWeights, MixingOf>();
    r.add<LazyWeights, MixingOf>();
    r.add<UniformWeights, MixingOf>();
    r.add<PushWeights, MixingOf>();
    r.add<EdgeWeights, MixingOf>();
    return r;
  }();
  return table;
}

}  // namespace cohort
