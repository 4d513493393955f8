#pragma once
// F2SA: bilevel steps from gradients alone, through the penalty f + λ (g − min g).
//   T times   z ← z − γ_k g_y(x, z)
//             y ← y − α_k (f_y(x, y) + λ_k g_y(x, y))
//   then      x ← x − ξ α_k (f_x(x, y) + λ_k (g_x(x, y) − g_x(x, z)))
//   α_k = γ_k/(2 λ_k),  γ_k = γ_0 τ^−c,  λ_k = λ_0 τ^(a − c),  τ = 1 + (k − 1)/offset
// -----------------------------------------------------------------------------------------------
// x [m] upper, y, z [n] lower variables of the penalty and of g alone; k the round; f_x … gradients
// of Σ p_i f_i by parts, on samples of upper_batch and lower_batch rows. (a, c) follow from which
// level is noisy:
//   both (5/7, 4/7): E‖∇F‖² = O(k^−2/7);  upper (3/5, 2/5): k^−2/5;  none (1/3, 0): k^−2/3
// Source: Kwon, Kwon, Wright, Nowak, A fully first-order method for stochastic bilevel
//   optimization, ICML 2023, algorithm 1. Deviations: g_x(x, y) and g_x(x, z) are of one sample, so
//   the noise that both have cancels; the schedule starts at its constants.
// Needs λ_0 ≥ 2 L_f/μ_g; a smaller one leaves f + λ g without a minimiser, which is told without
// noise by a negative curvature along y's steps. Block x goes through the rule and compressor.
// Cost a round: T + 1 asks; down (T + 1)(m + 2n), up 2nT + m; 3T + 3 gradients; server state 1
// vector of n, two more without noise.

#include "algorithms/penalty_steps.hpp"

namespace cohort {

struct F2sa {
  static constexpr std::string_view name = "f2sa";
  static constexpr std::string_view summary = "bilevel steps from gradients of a penalty";
  static constexpr std::string_view source = "Kwon et al., ICML 2023";
  static constexpr std::array<PenaltyExponents, 3> exponents = {
      {{BilevelNoise::both, 5.0 / 7, 4.0 / 7, 2.0 / 7},
       {BilevelNoise::upper, 3.0 / 5, 2.0 / 5, 2.0 / 5},
       {BilevelNoise::none, 1.0 / 3, 0, 2.0 / 3}}};
  struct Options : PenaltyWork {
    std::uint64_t inner_steps = 1;
    static void declare(OptionTable<Options>& t) {
      t.add("inner_steps", &Options::inner_steps, at_least(1), "T, on y and z before each on x");
      PenaltyWork::declare(t);
    }
  };
  struct ServerState {
    Vec z;  // [n]; empty before the first round
    PathCurvature path;
    Turn turn;
    template <class V>
    void fields(V&& v) {
      v("z", z);
      path.fields(v);
      turn.fields(v);
    }
  };
  using ClientState = BilevelClient;
  Options options;

  MethodNeeds needs() const { return {.oracle = {Query::gradient, Query::lower}}; }

  enum Scalar : std::size_t { lambda, minus_lambda, rate };
  static const std::vector<LevelExchange>& exchanges() {
    static const std::vector<LevelExchange> all = {
        {.name = "lower",
         .derivatives = {{Level::lower, {{"z"}}, "z"},
                         {Level::upper, {{"y"}}},
                         {.level = Level::lower, .terms = {{"y", lambda}}, .draw = 1}},
         .points = {"z"},
         .scalars = 1},
        {.name = "upper",
         .derivatives = {{Level::upper, {{"x"}}},
                         {Level::lower, {{"x", lambda}}},
                         {Level::lower, {{"x", minus_lambda}}, "z"}},
         .points = {"z"},
         .scalars = 3,
         .moves_upper = true,
         .rate = rate}};
    return all;
  }
  std::vector<Phase> phases(const Layout& layout) const { return phases_of(exchanges(), layout); }

  Result<Next> next(ServerContext& server, Vec& w, ServerState& state, Combined&& combined) const {
    const PenaltySchedule s = options.at(server.round, exponents);
    const Layout& layout = *server.layout;
    if (state.z.size() == 0) state.z = lower_part(w, layout);
    const auto take = [&](std::uint32_t number) -> Result<void> {
      if (number == 1) {
        step_upper(w, layout, options.ratio * s.alpha, combined);
        return {};
      }
      auto y = lower_part(w, layout);
      if (options.noise == BilevelNoise::none && state.turn.done == 0) state.path = {};
      if (options.noise == BilevelNoise::none) {
        const double curvature = state.path.next(y, combined.vec("y"), combined.accepted);
        if (curvature < 0) return lambda_too_small(name, s.lambda, curvature);
      }
      state.z -= s.gamma * combined.vec("z");
      y -= s.alpha * combined.vec("y");
      return {};
    };
    const auto ask = [&](std::uint64_t number) {
      return number == 0 ? ask_of(exchanges(), 0, w, {&state.z}, {s.lambda})
                         : ask_of(exchanges(), 1, w, {&state.z},
                                  {s.lambda, -s.lambda, options.ratio * s.alpha});
    };
    const auto again = [&](std::uint64_t number) {
      return state.turn.done < (number == 0 ? options.inner_steps : 1);
    };
    return in_turn(state.turn, combined, 2, again, take, ask);
  }
  Result<void> answer(ClientContext& client, const Ask& ask, Oracle& oracle, Reply& reply) const {
    return answer_exchange(client, ask, exchanges(), options, oracle, reply,
                           owned_of<ClientState>(client, oracle));
  }
};

}  // namespace cohort
