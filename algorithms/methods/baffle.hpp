#pragma once
// BAFFLE: a gradient of the federation from differences of values, one number a direction.
//   client i   Δ_ik = (f_i(x + σ z_k) − f_i(x − σ z_k))/2σ,   k = 1 … K      2K values
//   server     ĝ = (1/K) Σ_k Δ_k z_k,  Δ_k = Σ_S p_i Δ_ik / Σ_S p_i
//              x ← x − η ĝ        by its optimizer, η its learning rate
// -----------------------------------------------------------------------------------------------
// x, z_k [d]; z_k ~ N(0, I) of the round's seed, never stored; K = count, σ = radius; p_i client
// weights, S the cohort. A robust rule acts on the K numbers, sums of which need no more than a
// sum. Source: Feng, Pang, Du, Chen, Yan, Lin, Does federated learning really need
// backpropagation?,
//   2023. Deviation: one batch a round, where it draws one for every direction's model.
// ĝ is that of zeroth_order with central differences for f = Σ p_i f_i, were it on one machine.
// Cost a round: 1 ask; 1 vector and a seed down, K numbers up, whatever d; no client state.

#include "algorithms/methods/seeded_scalars.hpp"

namespace cohort {

struct Baffle : OneRound {
  static constexpr std::string_view name = "baffle";
  static constexpr std::string_view summary =
      "differences of values come back, a number a direction";
  static constexpr std::string_view source = "Feng et al., 2023";
  struct Options {
    std::uint64_t count = 100;
    double radius = 1e-4;
    std::uint64_t batch_size = 0;
    static void declare(OptionTable<Options>& t) {
      t.add("count", &Options::count, at_least(1), "K: directions a round, numbers that come back");
      t.add("radius", &Options::radius, positive, "σ: how far along a direction f is asked");
      t.add("batch_size", &Options::batch_size, non_negative, "rows that are asked; 0: all rows");
    }
  };
  struct ServerState {
    std::uint64_t seed = 0;  // of the round
    template <class V>
    void fields(V&& v) {
      v("seed", seed);
    }
  };
  Options options;

  MethodNeeds needs() const { return {.oracle = {Query::value}, .uses_server = true}; }
  std::vector<Phase> phases(const Layout& layout) const {
    return {{.name = "differences",
             .down = {{.name = "x", .length = layout.shared()},
                      {.name = "seed", .form = Form::seed, .length = 1}},
             .up = {{.name = "slopes", .length = options.count, .combine = Combine::rule}}}};
  }

  Ask ask(ServerContext& server, const Vec& x, ServerState& state) const {
    state.seed = server.stream(Purpose::directions).bits();
    Ask ask;
    ask.common.blocks = {dense_block("x", as_span(x)), seed_block("seed", state.seed)};
    return ask;
  }
  Result<void> answer(ClientContext& client, const Ask& ask, Oracle& oracle, Reply& reply) const {
    if (oracle.rows() == 0) return {};
    const auto x = as_vec(ask.common.at("x").doubles());
    const std::uint64_t seed = ask.common.at("seed").data.as<std::uint64_t>()[0];
    Oracle batch = seeded_scalars::StepRows(client, options.batch_size).of(oracle, 0);
    auto slopes = reply.values("slopes");
    for (std::uint64_t k = 0; k < options.count; ++k) {
      slopes[static_cast<Index>(k)] =
          seeded_scalars::slope(batch, x, options.radius, seeded_scalars::direction(seed, k));
    }
    return {};
  }
  void finish(ServerContext& server, Vec& x, ServerState& state, Combined& combined) const {
    const Vec& slopes = combined.vec("slopes");
    Vec update = Vec::Zero(x.size());
    const double share = 1 / static_cast<double>(options.count);
    for (std::uint64_t k = 0; k < options.count; ++k) {
      add_seeded(-share * slopes[static_cast<Index>(k)], seeded_scalars::direction(state.seed, k),
                 as_mutable_span(update));
    }
    server.step(x, update);
  }
};

}  // namespace cohort
