#pragma once
// Metropolis–Hastings walk with Lévy jumps, for importance sampling by local smoothness: the target
// is π_i ∝ L_i. Where neighbours of a node of large L_i are small the plain walk is stuck there.
//   with probability p_J: a jump of k simple hops, P(k) ∝ p_d (1 − p_d)^{k−1}, k = 1 … r
//   else                : a Metropolis–Hastings hop to π
// Liu, El Rouayheb, Dwyer, arXiv 2407.20611. Nodes on the way of a jump only pass the token on. The
// jumps are a bias: visits go by π for p_J → 0 only, and how far off they are is not known in
// closed form. Cost a hop: at most 3 draws.

#include "algorithms/walk.hpp"
#include "core/kernels.hpp"

namespace cohort {

struct LevyJumps {
  static constexpr std::string_view name = "levy_jumps";
  static constexpr std::string_view summary = "by local smoothness, with jumps against entrapment";
  static constexpr std::string_view source = "Liu, El Rouayheb and Dwyer, arXiv 2407.20611";
  struct Options {
    double jump_probability = 0.1;
    double decay = 0.5;
    std::uint64_t longest = 3;
    static void declare(OptionTable<Options>& t) {
      t.add("jump_probability", &Options::jump_probability, probability,
            "of a jump instead of a Metropolis–Hastings hop");
      t.add("decay", &Options::decay, Bounds{0, 1, true, true},
            "each further hop of a jump is 1 - decay times as likely");
      t.add("longest", &Options::longest, at_least(1), "hops of a jump");
    }
  };
  Options options;

  Result<std::unique_ptr<const Walk>> on(const Graph& graph, std::span<const double> target) const {
    COHORT_TRY(ReversibleChain chain, make_chain(graph, BaseChain::metropolis, target));
    return std::unique_ptr<const Walk>(std::make_unique<Bound>(std::move(chain), options));
  }

 private:
  class Bound final : public Walk {
   public:
    Bound(ReversibleChain chain, Options options) : chain_(std::move(chain)), options_(options) {}
    WalkState start(std::uint32_t node) const override {
      WalkState state;
      state.node = node;
      return state;
    }
    void hop(WalkState& state, Stream stream) const override {
      if (state.passing > 0) {
        --state.passing;
        state.node = any_neighbour(*chain_.graph, state.node, stream);
      } else if (stream.uniform() < options_.jump_probability) {
        state.passing = jump_length(stream.uniform()) - 1;
        state.node = any_neighbour(*chain_.graph, state.node, stream);
      } else {
        state.node = chain_hop(chain_, state.node, stream);
      }
      ++state.hops;
    }
    std::vector<double> law(const WalkState& state) const override {
      const double simple = 1.0 / static_cast<double>(chain_.graph->degree(state.node));
      std::vector<double> law = chain_law(chain_, state.node);
      const double jump = state.passing > 0 ? 1.0 : options_.jump_probability;
      for (std::size_t k = 0; k + 1 < law.size(); ++k) {
        law[k] = (1.0 - jump) * law[k] + jump * simple;
      }
      law.back() *= 1.0 - jump;
      return law;
    }
    std::vector<double> stationary() const override {
      return options_.jump_probability == 0.0 ? chain_.stationary() : std::vector<double>();
    }
    const ReversibleChain* base() const override { return &chain_; }
    std::optional<WalkTheory> theory() const override {
      return options_.jump_probability == 0.0 ? std::optional(WalkTheory()) : std::nullopt;
    }

   private:
    /// k of the truncated geometric law at the quantile u.
    std::uint64_t jump_length(double u) const {
      double all = 0.0, term = 1.0;
      for (std::uint64_t k = 1; k <= options_.longest; ++k, term *= 1.0 - options_.decay) {
        all += term;
      }
      double left = u * all;
      term = 1.0;
      for (std::uint64_t k = 1; k < options_.longest; ++k, term *= 1.0 - options_.decay) {
        if (left < term) return k;
        left -= term;
      }
      return options_.longest;
    }
    ReversibleChain chain_;
    Options options_;
  };
};

}  // namespace cohort
