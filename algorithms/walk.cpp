#include "algorithms/walk.hpp"

namespace cohort {

double WalkTheory::weight(double eigenvalue) const {
  if (is_history_driven) return 1.0 / (2.0 * alpha + 1.0);
  const double repelled = alpha * (1.0 + eigenvalue);
  return step_exponent == 1.0 ? 1.0 / (2.0 * repelled + 1.0) : 1.0 / (2.0 * (repelled + 1.0));
}

std::uint32_t chain_hop(const ReversibleChain& chain, std::uint32_t i, Stream& stream) {
  if (chain.laziness > 0.0 && stream.uniform() < chain.laziness) return i;
  const std::uint32_t j = any_neighbour(*chain.graph, i, stream);
  if (chain.q.empty() || chain.q[j] >= chain.q[i]) return j;
  return stream.uniform() * chain.q[i] < chain.q[j] ? j : i;
}

std::vector<double> chain_law(const ReversibleChain& chain, std::uint32_t i) {
  std::vector<double> law;
  for (const std::uint32_t j : chain.graph->neighbours_of(i)) law.push_back(chain.move(i, j));
  law.push_back(chain.stay(i));
  return law;
}

namespace {

class ChainWalk final : public Walk {
 public:
  explicit ChainWalk(ReversibleChain chain) : chain_(std::move(chain)) {}
  WalkState start(std::uint32_t node) const override {
    WalkState state;
    state.node = node;
    return state;
  }
  void hop(WalkState& state, Stream stream) const override {
    state.node = chain_hop(chain_, state.node, stream);
    ++state.hops;
  }
  std::vector<double> law(const WalkState& state) const override {
    return chain_law(chain_, state.node);
  }
  std::vector<double> stationary() const override { return chain_.stationary(); }
  const ReversibleChain* base() const override { return &chain_; }
  std::optional<WalkTheory> theory() const override { return WalkTheory{}; }

 private:
  ReversibleChain chain_;
};

}  // namespace

Result<std::unique_ptr<const Walk>> chain_walk(const Graph& graph, BaseChain base,
                                               std::span<const double> target) {
  COHORT_TRY(ReversibleChain chain, make_chain(graph, base, target));
  return std::unique_ptr<const Walk>(std::make_unique<ChainWalk>(std::move(chain)));
}

}  // namespace cohort
