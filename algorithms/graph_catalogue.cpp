#include "algorithms/graph_catalogue.hpp"

#include "algorithms/graphs/barabasi_albert.hpp"
#include "algorithms/graphs/base_k.hpp"
#include "algorithms/graphs/complete.hpp"
#include "algorithms/graphs/erdos_renyi.hpp"
#include "algorithms/graphs/exponential.hpp"
#include "algorithms/graphs/geometric.hpp"
#include "algorithms/graphs/hypercube.hpp"
#include "algorithms/graphs/one_peer_exponential.hpp"
#include "algorithms/graphs/path.hpp"
#include "algorithms/graphs/random_matching.hpp"
#include "algorithms/graphs/random_peers.hpp"
#include "algorithms/graphs/random_regular.hpp"
#include "algorithms/graphs/ring.hpp"
#include "algorithms/graphs/star.hpp"
#include "algorithms/graphs/torus.hpp"
#include "algorithms/graphs/watts_strogatz.hpp"
#include "algorithms/mixing/edge_weights.hpp"
#include "algorithms/mixing/lazy.hpp"
#include "algorithms/mixing/max_degree.hpp"
#include "algorithms/mixing/metropolis.hpp"
#include "algorithms/mixing/push.hpp"
#include "algorithms/mixing/uniform.hpp"
#include "algorithms/walks/hdt.hpp"
#include "algorithms/walks/lazy_walk.hpp"
#include "algorithms/walks/levy_jumps.hpp"
#include "algorithms/walks/metropolis_hastings.hpp"
#include "algorithms/walks/non_backtracking.hpp"
#include "algorithms/walks/simple.hpp"
#include "algorithms/walks/srrw.hpp"

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
    r.add<RandomPeers, TopologyOf>();
    r.add<BaseK, TopologyOf>();
    r.add<ErdosRenyi, TopologyOf>();
    r.add<RandomRegular, TopologyOf>();
    r.add<WattsStrogatz, TopologyOf>();
    r.add<BarabasiAlbert, TopologyOf>();
    r.add<Geometric, TopologyOf>();
    r.add<RandomMatching, TopologyOf>();
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

const Registry<WalkKernel>& walks() {
  static const Registry<WalkKernel> table = [] {
    Registry<WalkKernel> r("walk");
    r.add<SimpleWalk, WalkKernelOf>();
    r.add<MetropolisHastingsWalk, WalkKernelOf>();
    r.add<LazyWalk, WalkKernelOf>();
    r.add<NonBacktracking, WalkKernelOf>();
    r.add<LevyJumps, WalkKernelOf>();
    r.add<Srrw, WalkKernelOf>();
    r.add<Hdt, WalkKernelOf>();
    return r;
  }();
  return table;
}

}  // namespace cohort
