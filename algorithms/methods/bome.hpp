#pragma once
// BOME: a step down f under the barrier that the lower level's gap must shrink.
//   z ← y, T times  z ← z − β g_y(x, z)
//   q = (g_x(x, y) − g_x(x, z), g_y(x, y)),   φ = η ‖q‖²
//   λ = max(0, φ − ⟨∇f, q⟩) / ‖q‖²,   (x, y) ← (x, y) − γ (∇f(x, y) + λ q)
// -----------------------------------------------------------------------------------------------
// x [m] upper, y, z [n] lower variables; q, ∇f [m + n], of Σ p_i f_i, on samples of upper_batch and
// lower_batch rows; η = barrier, β = lower_rate, γ = upper_rate. q = 0: λ = 0.
// Source: Liu, Ye, Wright, Stone, Liu, BOME! Bilevel optimization made easy, NeurIPS 2022,
//   algorithm 1.
// ⟨q, ∇f + λ q⟩ = max(φ, ⟨∇f, q⟩), so the gap falls at least as fast as the barrier says. λ is no
// sum over clients, so no rule combines x, and clients may own no coordinates of it.
// Cost a round: T + 1 asks; down (T + 1)(m + n) + (T + 1)n, up Tn + 2m + 2n; T + 3 gradients;
// server state 1 vector of n.

#include "algorithms/implicit_steps.hpp"

namespace cohort {

struct Bome {
  static constexpr std::string_view name = "bome";
  static constexpr std::string_view summary = "steps down f under a barrier on the lower level";
  static constexpr std::string_view source = "Liu et al., NeurIPS 2022";
  struct Options : TwoLevelWork {
    std::uint64_t inner_steps = 10;
    double barrier = 0.5;
    static void declare(OptionTable<Options>& t) {
      t.add("inner_steps", &Options::inner_steps, at_least(1), "T, on z before each on x and y");
      t.add("barrier", &Options::barrier, positive, "η");
      TwoLevelWork::declare(t);
    }
  };
  struct ServerState {
    Vec z;  // [n]
    Turn turn;
    template <class V>
    void fields(V&& v) {
      v("z", z);
      turn.fields(v);
    }
  };
  Options options;

  MethodNeeds needs() const { return {.oracle = {Query::gradient, Query::lower}}; }
  static const std::vector<LevelExchange>& exchanges() {
    static const std::vector<LevelExchange> all = {
        {.name = "lower", .derivatives = {{Level::lower, {{"z"}}, "z"}}, .points = {"z"}},
        {.name = "both",
         .derivatives = {{Level::upper, {{"x_f"}, {"f"}}},
                         {Level::lower, {{"x_q"}, {"q"}}},
                         {Level::lower, {{"x_q", Term::minus_one}}, "z"}},
         .points = {"z"}}};
    return all;
  }
  std::vector<Phase> phases(const Layout& layout) const { return phases_of(exchanges(), layout); }

  Result<Next> next(ServerContext& server, Vec& w, ServerState& state, Combined&& combined) const {
    const Layout& layout = *server.layout;
    if (combined.starts_round()) state.z = lower_part(w, layout);
    const auto take = [&](std::uint32_t number) -> Result<void> {
      if (number == 0) {
        state.z -= options.lower_rate.at(server.round) * combined.vec("z");
        return {};
      }
      Vec f(w.size()), q(w.size());
      lower_part(f, layout) = combined.vec("f");
      lower_part(q, layout) = combined.vec("q");
      if (layout.upper() > 0) {
        upper_part(f, layout) = combined.vec("x_f");
        upper_part(q, layout) = combined.vec("x_q");
      }
      const double size = kernels::squared_norm(as_span(q));
      const double along = kernels::dot(as_span(f), as_span(q));
      const double lambda = size == 0 ? 0 : std::max(0.0, options.barrier - along / size);
      w -= options.upper_rate.at(server.round) * (f + lambda * q);
      return {};
    };
    const auto ask = [&](std::uint64_t number) {
      return ask_of(exchanges(), number, w, {&state.z}, {});
    };
    const auto again = [&](std::uint64_t number) {
      return state.turn.done < (number == 0 ? options.inner_steps : 1);
    };
    return in_turn(state.turn, combined, 2, again, take, ask);
  }
  Result<void> answer(ClientContext& client, const Ask& ask, Oracle& oracle, Reply& reply) const {
    COHORT_DO(refuse_owned(name, oracle));
    return answer_exchange(client, ask, exchanges(), options, oracle, reply, nullptr);
  }
};

}  // namespace cohort
