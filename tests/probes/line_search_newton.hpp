#pragma once
// A probe of the seams, not a method to use: Newton with a shared line search, two Asks a round.
//   Ask 0   client sends ∇f_i(x) (combined by the rule), ∇²f_i(x) (symmetric sparse, summed),
//   f_i(x)
//           server  p = −(Σ p_i ∇²f_i / Σ p_i)^{-1} g
//   Ask 1   client sends f_i(x + t p) for t = 1, ½, …, 2^-6
//           server  x ← x + t p, the first t with f(x + t p) ≤ f(x) + c t gᵀp, c = 1e-4
// -----------------------------------------------------------------------------------------------
// x, p, g [d]. The rule sees honest gradients only.

#include <cmath>

#include "algorithms/method.hpp"
#include "core/hessian.hpp"
#include "core/linalg.hpp"

namespace cohort::probes {

struct LineSearchNewton {
  static constexpr std::string_view name = "probe_newton";
  static constexpr std::string_view summary = "probe: two Asks a round";
  static constexpr std::string_view source = "none";
  static constexpr std::size_t trials = 7;
  struct Options {};
  struct ServerState {
    double value = 0;
    Vec gradient, direction;
    template <class V>
    void fields(V&& v) {
      v("value", value);
      v("gradient", gradient);
      v("direction", direction);
    }
  };
  Options options;

  MethodNeeds needs() const { return {.oracle = {Query::value, Query::gradient, Query::hessian}}; }
  std::vector<Phase> phases(const Layout& layout) const {
    const std::uint64_t d = layout.shared();
    return {{.name = "derivatives",
             .down = {{.name = "x", .length = d}},
             .up = {{.name = "gradient", .length = d, .combine = Combine::rule},
                    {.name = "hessian",
                     .form = Form::sparse_symmetric,
                     .length = d,
                     .combine = Combine::sum},
                    {.name = "value", .form = Form::scalars, .length = 1}}},
            {.name = "line",
             .who = Who::accepted,
             .down = {{.name = "x", .length = d}, {.name = "p", .length = d}},
             .up = {{.name = "values", .form = Form::scalars, .length = trials}}}};
  }

  Result<Next> next(ServerContext& server, Vec& x, ServerState& state, Combined&& combined) const {
    const std::size_t d = server.layout->shared();
    if (combined.starts_round()) {
      Ask ask;
      ask.common.blocks = {dense_block("x", as_span(x))};
      return Next(ask);
    }
    if (combined.phase == 0U) {
      state.value = combined.vec("value")[0];
      state.gradient = combined.vec("gradient");
      const Vec packed = combined.vec("hessian") / combined.weight("hessian");
      Mat h(static_cast<Index>(d), static_cast<Index>(d));
      for (std::size_t i = 0; i < d; ++i) {
        for (std::size_t j = i; j < d; ++j) {
          h(static_cast<Index>(i), static_cast<Index>(j)) =
              h(static_cast<Index>(j), static_cast<Index>(i)) =
                  packed[static_cast<Index>(packed_index(i, j, d))];
        }
      }
      COHORT_TRY(state.direction, solve_spd(h, Vec(-state.gradient)));
      Ask ask;
      ask.phase = 1;
      ask.who = Who::accepted;
      ask.common.blocks = {dense_block("x", as_span(x)),
                           dense_block("p", as_span(state.direction))};
      return Next(ask);
    }
    const double slope = kernels::dot(as_span(state.gradient), as_span(state.direction));
    const Vec values = combined.vec("values");
    for (std::size_t k = 0; k < trials; ++k) {
      const double t = std::ldexp(1.0, -static_cast<int>(k));
      if (values[static_cast<Index>(k)] <= state.value + 1e-4 * t * slope) {
        x += t * state.direction;
        return Next(Done{});
      }
    }
    return Next(Done{});  // at the optimum, to rounding
  }

  Result<void> answer(ClientContext& client, const Ask& ask, Oracle& oracle, Reply& reply) const {
    const Vec x = as_vec(ask.common.at("x").doubles());
    if (ask.phase == 0) {
      reply.values("value")[0] = oracle.gradient(x, reply.values("gradient"));
      SparseHessian hessian(client.layout->shared());
      oracle.hessian(x, hessian);
      reply.set(hessian.block("hessian"));
      return {};
    }
    const Vec p = as_vec(ask.common.at("p").doubles());
    for (std::size_t k = 0; k < trials; ++k) {
      const Vec at = x + std::ldexp(1.0, -static_cast<int>(k)) * p;
      reply.values("values")[static_cast<Index>(k)] = oracle.value(at);
    }
    return {};
  }
};

}  // namespace cohort::probes
