#pragma once
// Non-backtracking walk: to any neighbour but the one it came from; back only from a node of degree
// 1. Alon, Benjamini, Lubetzky, Sodin, Commun. Contemp. Math. 9 (2007). Visits go by degree, as for
// the simple walk; not reversible on nodes, so no kernel with a history stands on it. Cost a hop: 1
// draw.

#include <algorithm>

#include "algorithms/walk.hpp"

namespace cohort {

struct NonBacktracking {
  static constexpr std::string_view name = "non_backtracking";
  static constexpr std::string_view summary = "never straight back; visits go by degree";
  static constexpr std::string_view source = "Alon et al., Commun. Contemp. Math. 9 (2007)";
  struct Options {};
  Options options;

  static Result<std::unique_ptr<const Walk>> on(const Graph& graph, std::span<const double>) {
    COHORT_TRY(ReversibleChain chain, make_chain(graph, BaseChain::simple, {}));
    return std::unique_ptr<const Walk>(std::make_unique<Bound>(std::move(chain)));
  }

 private:
  class Bound final : public Walk {
   public:
    explicit Bound(ReversibleChain chain) : chain_(std::move(chain)) {}
    WalkState start(std::uint32_t node) const override {
      WalkState state;
      state.node = node;
      return state;
    }
    void hop(WalkState& state, Stream stream) const override {
      const auto row = chain_.graph->neighbours_of(state.node);
      const std::size_t back = came_from(state, row);
      std::size_t k = stream.below(row.size() - (back < row.size() ? 1 : 0));
      if (k >= back) ++k;
      state.previous = state.node;
      state.node = row[k];
      ++state.hops;
    }
    std::vector<double> law(const WalkState& state) const override {
      const auto row = chain_.graph->neighbours_of(state.node);
      const std::size_t back = came_from(state, row);
      const std::size_t choices = row.size() - (back < row.size() ? 1 : 0);
      std::vector<double> law(row.size() + 1, 1.0 / static_cast<double>(choices));
      if (back < row.size()) law[back] = 0.0;
      law.back() = 0.0;
      return law;
    }
    std::vector<double> stationary() const override { return chain_.stationary(); }
    const ReversibleChain* base() const override { return nullptr; }
    std::optional<WalkTheory> theory() const override { return std::nullopt; }

   private:
    /// Where the previous node stands in the row; its size if it is not to be avoided.
    static std::size_t came_from(const WalkState& state, std::span<const std::uint32_t> row) {
      if (row.size() == 1 || state.previous == WalkState::nowhere) return row.size();
      return static_cast<std::size_t>(std::lower_bound(row.begin(), row.end(), state.previous) -
                                      row.begin());
    }
    ReversibleChain chain_;  // simple
  };
};

}  // namespace cohort
