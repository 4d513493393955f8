#pragma once
// F3SA: F2SA with one inner step and recursive momentum (STORM) on its directions.
//   d_z = g_y(x, z),  d_y = f_y(x, y) + λ_k g_y(x, y),
//   d_x = f_x(x, y) + λ_k (g_x(x, y) − g_x(x, z)) at the new y and z
//   h ← d(now; s) + (1 − η_k)(h − d(last time; s))     for each of the three, s one sample for both
//   z ← z − γ_k h_z,   y ← y − α_k h_y,   then x ← x − ξ α_k h_x
// -----------------------------------------------------------------------------------------------
// As algorithms/methods/f2sa.hpp; h_z, h_y [n], h_x [m] the momenta; η_1 = 1, then
// η_k = min(1, η_0 τ^−2c). (a, c) where noise is on
//   both (3/5, 2/5): E‖∇F‖² = O(k^−2/5);  upper (1/2, 1/4): k^−1/2;  none (1/3, 0): k^−2/3
// Source: Kwon, Kwon, Wright, Nowak, ICML 2023, algorithm 2. Deviation: momentum of the three
//   directions, each with the λ of its round, where the paper has it of their six gradients; the
//   same at a constant λ.
// η = 1 is F2SA with T = 1, bit for bit. Block x goes through the rule and compressor.
// Cost a round: 2 asks; down 4m + 6n, up m + 2n; 12 gradients; server state 2m + 5n.

#include "algorithms/penalty_steps.hpp"

namespace cohort {

struct F3sa {
  static constexpr std::string_view name = "f3sa";
  static constexpr std::string_view summary = "F2SA with recursive momentum";
  static constexpr std::string_view source = "Kwon et al., ICML 2023";
  static constexpr std::array<PenaltyExponents, 3> exponents = {
      {{BilevelNoise::both, 3.0 / 5, 2.0 / 5, 2.0 / 5},
       {BilevelNoise::upper, 1.0 / 2, 1.0 / 4, 1.0 / 2},
       {BilevelNoise::none, 1.0 / 3, 0, 2.0 / 3}}};
  struct Options : PenaltyWork {
    double momentum = 1;
    static void declare(OptionTable<Options>& t) {
      t.add("momentum", &Options::momentum, probability, "η_0, the share of new directions");
      PenaltyWork::declare(t);
    }
  };
  struct ServerState {
    Vec z;           // [n]; empty before the first round
    Vec previous;    // [m + n] the model of the last directions
    Vec previous_z;  // [n]
    Vec h_z, h_y, h_x;
    double lambda = 0;  // of the last round
    Turn turn;
    template <class V>
    void fields(V&& v) {
      v("z", z);
      v("previous", previous);
      v("previous_z", previous_z);
      v("h_z", h_z);
      v("h_y", h_y);
      v("h_x", h_x);
      v("lambda", lambda);
      turn.fields(v);
    }
  };
  using ClientState = BilevelClient;
  Options options;

  MethodNeeds needs() const { return {.oracle = {Query::gradient, Query::lower}}; }

  /// `keep` = 1 − η; the weights of the last directions, and of their parts.
  enum Scalar : std::size_t {
    lambda,
    minus_keep,
    minus_keep_lambda,
    minus_lambda,
    keep_lambda,
    rate,
    keep
  };
  static const std::vector<LevelExchange>& exchanges() {
    static const auto last = [](Level level, std::string_view block, Scalar factor,
                                std::string_view at, std::uint64_t draw) {
      return Derivative{level, {{block, factor}}, at, {}, true, draw};
    };
    static const std::vector<LevelExchange> all = {
        {.name = "lower",
         .derivatives = {{Level::lower, {{"z"}}, "z"},
                         {Level::upper, {{"y"}}},
                         {.level = Level::lower, .terms = {{"y", lambda}}, .draw = 1},
                         last(Level::lower, "z", minus_keep, "previous_z", 0),
                         last(Level::upper, "y", minus_keep, {}, 0),
                         last(Level::lower, "y", minus_keep_lambda, {}, 1)},
         .points = {"z", "previous_z"},
         .has_previous = true,
         .scalars = 3},
        {.name = "upper",
         .derivatives = {{Level::upper, {{"x"}}},
                         {Level::lower, {{"x", lambda}}},
                         {Level::lower, {{"x", minus_lambda}}, "z"},
                         last(Level::upper, "x", minus_keep, {}, 0),
                         last(Level::lower, "x", minus_keep_lambda, {}, 0),
                         last(Level::lower, "x", keep_lambda, "previous_z", 0)},
         .points = {"z", "previous_z"},
         .has_previous = true,
         .scalars = 7,
         .moves_upper = true,
         .rate = rate,
         .carry = keep}};
    return all;
  }
  std::vector<Phase> phases(const Layout& layout) const { return phases_of(exchanges(), layout); }

  Result<Next> next(ServerContext& server, Vec& w, ServerState& state, Combined&& combined) const {
    const PenaltySchedule s = options.at(server.round, exponents);
    const Layout& layout = *server.layout;
    const bool is_first = state.z.size() == 0 || server.round.value == 1;
    const double kept = is_first ? 0
                                 : 1 - std::min(1.0, options.momentum * s.gamma * s.gamma /
                                                         (options.lower_rate * options.lower_rate));
    if (state.z.size() == 0) {
      state.z = state.previous_z = lower_part(w, layout);
      state.previous = w;
      state.h_z = state.h_y = Vec::Zero(state.z.size());
      state.h_x = Vec::Zero(static_cast<Index>(layout.upper()));
    }
    const auto take = [&](std::uint32_t number) -> Result<void> {
      if (number == 1) {
        auto x = upper_part(w, layout);
        if (x.size() > 0) state.h_x = combined.vec("x") + kept * state.h_x;
        upper_part(state.previous, layout) = x;
        x -= options.ratio * s.alpha * state.h_x;
        state.lambda = s.lambda;
        return {};
      }
      auto y = lower_part(w, layout);
      state.h_z = combined.vec("z") + kept * state.h_z;
      state.h_y = combined.vec("y") + kept * state.h_y;
      state.previous_z = state.z;
      lower_part(state.previous, layout) = y;
      state.z -= s.gamma * state.h_z;
      y -= s.alpha * state.h_y;
      return {};
    };
    const auto ask = [&](std::uint64_t number) {
      const double before = -kept * state.lambda;
      return number == 0 ? ask_of(exchanges(), 0, w, {&state.z, &state.previous_z},
                                  {s.lambda, -kept, before}, &state.previous)
                         : ask_of(exchanges(), 1, w, {&state.z, &state.previous_z},
                                  {s.lambda, -kept, before, -s.lambda, -before,
                                   options.ratio * s.alpha, kept},
                                  &state.previous);
    };
    const auto again = [&](std::uint64_t) { return state.turn.done < 1; };
    return in_turn(state.turn, combined, 2, again, take, ask);
  }
  Result<void> answer(ClientContext& client, const Ask& ask, Oracle& oracle, Reply& reply) const {
    return answer_exchange(client, ask, exchanges(), options, oracle, reply,
                           owned_of<ClientState>(client, oracle));
  }
};

}  // namespace cohort
