#include "algorithms/walks/lazy_walk.hpp"

#include "tests/algorithms/walks/hops.hpp"

namespace cohort {
namespace {

TEST(LazyWalk, HalvesTheDistanceOfEveryEigenvalueFromOne) {
  const Graph g = hops::uneven();
  for (const auto base : {LazyWalkBase::simple, LazyWalkBase::metropolis}) {
    const auto lazy = hops::walk<LazyWalk>(g, {base});
    const bool is_simple = base == LazyWalkBase::simple;
    const auto plain = make_chain(g, is_simple ? BaseChain::simple : BaseChain::metropolis, {});
    const Vec expected = (chain_modes(*plain).values.array() + 1.0) / 2.0;
    EXPECT_LT((chain_modes(*lazy->base()).values - expected).cwiseAbs().maxCoeff(), 1e-14);
    EXPECT_EQ(lazy->stationary(), plain->stationary());
    hops::expect_stationary(*lazy, g);
    hops::expect_hops_by_law(*lazy, g, lazy->start(1));
  }
}

}  // namespace
}  // namespace cohort
