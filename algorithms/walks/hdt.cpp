#include "algorithms/walks/hdt.hpp"

#include <algorithm>

#include "core/kernels.hpp"

namespace cohort {

namespace {

class HistoryDriven final : public Walk {
 public:
  HistoryDriven(ReversibleChain chain, Hdt::Options options)
      : chain_(std::move(chain)), options_(options), share_(chain_.stationary()) {}

  WalkState start(std::uint32_t node) const override {
    WalkState state;
    state.node = node;
    state.total = static_cast<double>(share_.size());
    if (options_.cache == 0) state.mass.assign(share_.size(), 1.0);
    return state;
  }

  void hop(WalkState& state, Stream stream) const override {
    const std::uint32_t i = state.node;
    const std::uint32_t j = chain_hop(chain_, i, stream);
    if (j != i && stream.uniform() < acceptance(state, j)) state.node = j;
    ++state.hops;
    visit(state);
  }

  std::vector<double> law(const WalkState& state) const override {
    std::vector<double> law = chain_law(chain_, state.node);
    const auto row = chain_.graph->neighbours_of(state.node);
    for (std::size_t k = 0; k < row.size(); ++k) {
      const double refused = law[k] * (1.0 - std::min(1.0, acceptance(state, row[k])));
      law[k] -= refused;
      law.back() += refused;
    }
    return law;
  }
  std::vector<double> stationary() const override { return share_; }
  const ReversibleChain* base() const override { return &chain_; }
  std::optional<WalkTheory> theory() const override {
    if (options_.cache != 0) return std::nullopt;
    return WalkTheory{options_.alpha, 1.0, true};
  }

 private:
  using Entries = std::vector<Remembered>;
  static Entries::const_iterator find(const Entries& entries, std::uint32_t node) {
    return std::find_if(entries.begin(), entries.end(),
                        [&](const Remembered& r) { return r.node == node; });
  }

  /// x̃_j/π_j, known or taken to be.
  double ratio(const WalkState& state, std::uint32_t j) const {
    if (options_.cache == 0) return state.mass[j] / share_[j];
    if (const auto known = find(state.remembered, j); known != state.remembered.end()) {
      return known->mass / share_[j];
    }
    double total = 0.0, count = 0.0;
    const auto row = chain_.graph->neighbours_of(state.node);
    for (const Remembered& r : state.remembered) {
      if (!std::binary_search(row.begin(), row.end(), r.node)) continue;
      total += r.mass / share_[r.node];
      count += 1.0;
    }
    return count > 0.0 ? total / count : state.total;
  }

  double acceptance(const WalkState& state, std::uint32_t j) const {
    const double relative = ratio(state, j) / ratio(state, state.node);
    return relative <= 1.0 ? 1.0 : kernels::pow(relative, -options_.alpha);
  }

  void visit(WalkState& state) const {
    const std::uint32_t i = state.node;
    if (options_.cache == 0) {
      state.mass[i] += 1.0;
    } else {
      const double mass = ratio(state, i) * share_[i] + 1.0;
      auto& entries = state.remembered;
      if (const auto known = find(entries, i); known != entries.end()) {
        entries.erase(known);
      } else if (entries.size() == options_.cache) {
        entries.erase(entries.begin());
      }
      entries.push_back({i, mass});
    }
    state.total += 1.0;
  }

  ReversibleChain chain_;
  Hdt::Options options_;
  std::vector<double> share_;  // [n] π
};

}  // namespace

Result<std::unique_ptr<const Walk>> Hdt::on(const Graph& graph,
                                            std::span<const double> target) const {
  COHORT_TRY(ReversibleChain chain, make_chain(graph, options.base, target));
  return std::unique_ptr<const Walk>(std::make_unique<HistoryDriven>(std::move(chain), options));
}

}  // namespace cohort
