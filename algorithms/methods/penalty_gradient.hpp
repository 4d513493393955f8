#pragma once
// Penalty gradients at a fixed λ: the derivative of min_y (g + σ f) by σ at 0, as a difference.
//   T times  y ← y − β (g_y + f_y/λ)(x, y),   z ← z − β (g_y − s f_y/λ)(x, z)
//   forward  s = 0:  x ← x − γ (f_x(x, y) + λ (g_x(x, y) − g_x(x, z)))
//   central  s = 1:  x ← x − γ (½ (f_x(x, y) + f_x(x, z)) + (λ/2)(g_x(x, y) − g_x(x, z)))
// -----------------------------------------------------------------------------------------------
// x [m] upper, y, z [n] lower variables of g ± f/λ; f_x … of Σ p_i f_i by parts, on samples of
// upper_batch and lower_batch rows; β = lower_rate, γ = upper_rate.
// Source: Kwon, Kwon, Wright, Nowak, ICML 2023, its penalty with λ held fixed; the central form
//   follows from the same derivative.
// At the two minimisers the error of the hypergradient is O(1/λ) forward and O(1/λ²) central;
// central needs λ g_yy − f_yy > 0. What has no minimiser is told by a negative curvature along the
// T steps, where batches are all rows. Block x goes through the rule and compressor. Cost a round:
// T + 1 asks; down (T + 1)(m + 2n), up 2nT + m; 4T + 4 gradients, forward 3T + 3.

#include "algorithms/implicit_steps.hpp"
#include "algorithms/penalty_steps.hpp"

namespace cohort {

enum class PenaltyDifference : std::uint8_t { forward, central };
inline std::vector<std::pair<std::string, PenaltyDifference>> option_names(PenaltyDifference) {
  return {{"forward", PenaltyDifference::forward}, {"central", PenaltyDifference::central}};
}

struct PenaltyGradient {
  static constexpr std::string_view name = "penalty_gradient";
  static constexpr std::string_view summary = "forward or central differences of a penalty";
  static constexpr std::string_view source = "Kwon et al., ICML 2023";
  struct Options : TwoLevelWork {
    PenaltyDifference difference = PenaltyDifference::central;
    std::uint64_t inner_steps = 10;
    double multiplier = 100;
    static void declare(OptionTable<Options>& t) {
      t.add("difference", &Options::difference,
            "error O(1/λ), or O(1/λ²) at a third more gradients");
      t.add("inner_steps", &Options::inner_steps, at_least(1), "T, on y and z before each on x");
      t.add("multiplier", &Options::multiplier, positive, "λ");
      TwoLevelWork::declare(t);
    }
  };
  struct ServerState {
    Vec z;  // [n]; empty before the first round
    PathCurvature of_y, of_z;
    Turn turn;
    template <class V>
    void fields(V&& v) {
      v("z", z);
      of_y.fields(v);
      of_z.fields(v);
      turn.fields(v);
    }
  };
  using ClientState = BilevelClient;
  Options options;

  MethodNeeds needs() const { return {.oracle = {Query::gradient, Query::lower}}; }

  enum Scalar : std::size_t { of_f_at_y, of_f_at_z, of_g, minus_of_g, rate };
  static const std::vector<LevelExchange>& exchanges() {
    static const std::vector<LevelExchange> all = {
        {.name = "lower",
         .derivatives = {{Level::lower, {{"y"}}},
                         {Level::upper, {{"y", of_f_at_y}}},
                         {Level::lower, {{"z"}}, "z"},
                         {Level::upper, {{"z", of_f_at_z}}, "z"}},
         .points = {"z"},
         .scalars = 2},
        {.name = "upper",
         .derivatives = {{Level::upper, {{"x", of_f_at_y}}},
                         {Level::upper, {{"x", of_f_at_z}}, "z"},
                         {Level::lower, {{"x", of_g}}},
                         {Level::lower, {{"x", minus_of_g}}, "z"}},
         .points = {"z"},
         .scalars = 5,
         .moves_upper = true,
         .rate = rate}};
    return all;
  }
  std::vector<Phase> phases(const Layout& layout) const { return phases_of(exchanges(), layout); }

  Result<Next> next(ServerContext& server, Vec& w, ServerState& state, Combined&& combined) const {
    const Layout& layout = *server.layout;
    const bool is_central = options.difference == PenaltyDifference::central;
    const bool is_exact = options.upper_batch == 0 && options.lower_batch == 0;
    const double lambda = options.multiplier;
    const double upper_rate = options.upper_rate.at(server.round);
    if (state.z.size() == 0) state.z = lower_part(w, layout);
    const auto take = [&](std::uint32_t number) -> Result<void> {
      if (number == 1) {
        step_upper(w, layout, upper_rate, combined);
        return {};
      }
      auto y = lower_part(w, layout);
      if (is_exact) {
        if (state.turn.done == 0) state.of_y = state.of_z = {};
        const double curvature =
            std::min(state.of_y.next(y, combined.vec("y"), combined.accepted),
                     state.of_z.next(state.z, combined.vec("z"), combined.accepted));
        if (curvature < 0) return lambda_too_small(name, lambda, curvature);
      }
      const double lower_rate = options.lower_rate.at(server.round);
      y -= lower_rate * combined.vec("y");
      state.z -= lower_rate * combined.vec("z");
      return {};
    };
    const auto ask = [&](std::uint64_t number) {
      if (number == 0) {
        return ask_of(exchanges(), 0, w, {&state.z}, {1 / lambda, is_central ? -1 / lambda : 0.0});
      }
      const double share = is_central ? 0.5 : 1;
      return ask_of(exchanges(), 1, w, {&state.z},
                    {share, is_central ? 0.5 : 0.0, share * lambda, -share * lambda, upper_rate});
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
