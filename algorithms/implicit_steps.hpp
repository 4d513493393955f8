#pragma once
// Implicit differentiation over clients: steps on y, a linear system with g_yy solved by products
// that are sums over clients, a step on x.
//   T times   y ← y − β_k g_y(x, y)
//             v ≈ g_yy⁻¹ f_y at (x, y), by the solver of the method: one product an exchange
//   then      x ← x − γ_k (f_x − g_xy v) at (x, y)
// -----------------------------------------------------------------------------------------------
// x [m] upper, y [n] lower variables, v [n]; k the round; f_x … of Σ p_i f_i by parts, on samples
// of upper_batch and lower_batch rows, new ones in each exchange. Block x goes through the rule and
// compressor. An indefinite g_yy is told when a product shows a negative curvature.
// Cost a round with J products: T + J + 2 asks; down (T + 1)(m + n) + (J + 1)(m + 2n),
// up (T + J + 1)n + m; T + 2 gradients, J + 1 Hessian products.

#include "algorithms/bilevel.hpp"
#include "algorithms/rate.hpp"
#include "core/linear_solver.hpp"

namespace cohort {

/// What every method has that steps on both levels by rates of its own.
struct TwoLevelWork : LevelBatches {
  Rate lower_rate = 0.1;
  Rate upper_rate = 0.1;

  template <class O>
  static void declare(OptionTable<O>& t) {
    t.add("lower_rate", &O::lower_rate, "β_k, of the steps on y");
    t.add("upper_rate", &O::upper_rate, "γ_k, of the steps on x");
    LevelBatches::declare(t);
  }
};

/// The exchanges of a hypergradient by implicit differentiation, in this order.
enum ImplicitExchange : std::uint32_t { lower_step, right_side, hessian_product, upper_step };
inline const std::vector<LevelExchange>& implicit_exchanges() {
  static const std::vector<LevelExchange> all = {
      {.name = "lower", .derivatives = {{Level::lower, {{"y"}}}}},
      {.name = "right side", .derivatives = {{Level::upper, {{"v"}}}}},
      {.name = "product",
       .derivatives = {{.level = Level::lower, .terms = {{"v"}}, .along = "v"}},
       .points = {"v"}},
      {.name = "upper",
       .derivatives = {{Level::upper, {{"x"}}},
                       {.level = Level::lower, .terms = {{"x", Term::minus_one}}, .along = "v"}},
       .points = {"v"},
       .scalars = 1,
       .moves_upper = true}};
  return all;
}

/// A method is a Box with Options (a TwoLevelWork with inner_steps), a Solver, and
///   prepare(solver, options, server): before each round
template <class Box>
struct ImplicitRounds {
  static constexpr std::string_view name = Box::name;
  static constexpr std::string_view summary = Box::summary;
  static constexpr std::string_view source = Box::source;
  using Options = typename Box::Options;
  using ClientState = BilevelClient;
  struct ServerState {
    typename Box::Solver solver;
    Turn turn;
    template <class V>
    void fields(V&& v) {
      solver.fields(v);
      turn.fields(v);
    }
  };
  Options options;

  MethodNeeds needs() const { return {.oracle = {Query::gradient, Query::hvp, Query::lower}}; }
  std::vector<Phase> phases(const Layout& layout) const {
    return phases_of(implicit_exchanges(), layout);
  }

  Result<Next> next(ServerContext& server, Vec& w, ServerState& state, Combined&& combined) const {
    const Layout& layout = *server.layout;
    const double upper_rate = options.upper_rate.at(server.round);
    if (combined.starts_round()) Box::prepare(state.solver, options, server);
    const auto again = [&](std::uint64_t number) {
      if (number == hessian_product) return !state.solver.is_done();
      return state.turn.done < (number == lower_step ? options.inner_steps : 1);
    };
    const auto take = [&](std::uint32_t number) -> Result<void> {
      if (number == lower_step) {
        lower_part(w, layout) -= options.lower_rate.at(server.round) * combined.vec("y");
      } else if (number == right_side) {
        state.solver.start(combined.vec("v"));
      } else if (number == hessian_product) {
        return state.solver.take(combined.vec("v"));
      } else {
        step_upper(w, layout, upper_rate, combined);
      }
      return {};
    };
    const auto ask = [&](std::uint64_t number) {
      const auto& all = implicit_exchanges();
      switch (number) {
        case hessian_product:
          return ask_of(all, number, w, {&state.solver.direction()}, {});
        case upper_step:
          return ask_of(all, number, w, {&state.solver.solution()}, {upper_rate});
        default:
          return ask_of(all, number, w, {}, {});
      }
    };
    return in_turn(state.turn, combined, implicit_exchanges().size(), again, take, ask);
  }
  Result<void> answer(ClientContext& client, const Ask& ask, Oracle& oracle, Reply& reply) const {
    return answer_exchange(client, ask, implicit_exchanges(), options, oracle, reply,
                           owned_of<ClientState>(client, oracle));
  }
};

}  // namespace cohort
