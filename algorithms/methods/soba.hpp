#pragma once
// SOBA: one step at once on y, on the linear system and on x, in one exchange.
//   y ← y − β_k g_y,   v ← v − β_k (g_yy v + f_y),   x ← x − γ_k (g_xy v + f_x)    all at (x, y, v)
// -----------------------------------------------------------------------------------------------
// x [m] upper, y [n] lower variables, v [n] → −g_yy⁻¹ f_y, zero at the start; k the round; f_x … of
// Σ p_i f_i by parts, one sample of each level a round. The rates fall as k^−1/2 unless told
// otherwise; without noise a constant is right.
// Source: Dagréou, Ablin, Vaiter, Moreau, A framework for bilevel optimization that enables
// stochastic
//   and global variance reduction algorithms, NeurIPS 2022, algorithm 1 with the directions of
//   SOBA.
// Block x goes through the rule and compressor. An indefinite g_yy is told.
// Cost a round: 1 ask; m + 2n down, m + 2n up; 2 gradients, 1 Hessian product; server state 1
// vector of n.

#include "algorithms/implicit_steps.hpp"

namespace cohort {

/// The directions of SOBA, all at (x, y, v).
inline const std::vector<LevelExchange>& single_loop_exchange(Combine combine) {
  static const auto make = [](Combine how) {
    return std::vector<LevelExchange>{
        {.name = "directions",
         .derivatives = {{Level::lower, {{"y"}}},
                         {.level = Level::lower, .terms = {{"v"}, {"x"}}, .along = "v"},
                         {Level::upper, {{"v"}, {"x"}}}},
         .points = {"v"},
         .scalars = 1,
         .moves_upper = true,
         .combine = how}};
  };
  static const std::vector<LevelExchange> mean = make(Combine::mean), sum = make(Combine::sum);
  return combine == Combine::mean ? mean : sum;
}

struct Soba : OneRound {
  static constexpr std::string_view name = "soba";
  static constexpr std::string_view summary = "single-loop steps on both levels and their system";
  static constexpr std::string_view source = "Dagréou et al., NeurIPS 2022";
  struct Options : TwoLevelWork {
    Options() {
      lower_rate = Rate(Rate::Schedule(PowerRate{{0.1, 0}, 1, 0.5}));
      upper_rate = lower_rate;
    }
  };
  struct ServerState {
    Vec v;  // [n]
    static ServerState start(const Layout& layout) {
      return {Vec::Zero(static_cast<Index>(layout.shared() - layout.upper()))};
    }
    template <class V>
    void fields(V&& visit) {
      visit("v", v);
    }
  };
  using ClientState = BilevelClient;
  Options options;

  MethodNeeds needs() const { return {.oracle = {Query::gradient, Query::hvp, Query::lower}}; }
  static const std::vector<LevelExchange>& exchanges() {
    return single_loop_exchange(Combine::mean);
  }
  std::vector<Phase> phases(const Layout& layout) const { return phases_of(exchanges(), layout); }

  Ask ask(ServerContext& server, const Vec& w, ServerState& state) const {
    return ask_of(exchanges(), 0, w, {&state.v}, {options.upper_rate.at(server.round)});
  }
  Result<void> answer(ClientContext& client, const Ask& ask, Oracle& oracle, Reply& reply) const {
    return answer_exchange(client, ask, exchanges(), options, oracle, reply,
                           owned_of<ClientState>(client, oracle));
  }
  void finish(ServerContext& server, Vec& w, ServerState& state, Combined& combined) const {
    const double rate = options.lower_rate.at(server.round);
    step_upper(w, *server.layout, options.upper_rate.at(server.round), combined);
    lower_part(w, *server.layout) -= rate * combined.vec("y");
    state.v -= rate * combined.vec("v");
  }
};

}  // namespace cohort
