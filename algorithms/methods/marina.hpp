#pragma once
// MARINA: full gradients at the toss of a coin, compressed differences between them.
//   server     tosses 1 with probability p (in the first round: always)
//   1          all clients send ∇f_i(x);  g = Σ p_i ∇f_i(x)
//   0          i in S: m_i = Q(∇f_i(x) − ∇f_i(x⁻));  g ← g + Σ_S p_i m_i / Σ_S p_i
//   server     x⁻ ← x,  x ← x − γ g                          by its optimizer, γ its learning rate
// -----------------------------------------------------------------------------------------------
// x, x⁻ [d] model and that of the round before; g [d] the estimate of the gradient; m_i [d]; Q the
// compressor of [method.update], unbiased with constant ω; p = probability, 1/(1 + ω) unless given;
// p_i client weights, S the cohort.
// Source: Gorbunov, Burlachenko, Li, Richtárik, MARINA: faster non-convex distributed learning with
//   compression, ICML 2021, algorithm 1, and algorithm 4 (PP-MARINA) where S is a part. Deviation:
//   weights p_i where it has 1/n; clients are sent x⁻ and keep nothing, so that they may be new.
// Converges for γ ≤ 1 / (L (1 + √((1 − p) ω / (p n)))). Q = identity is gradient descent: every
// round is a full one. A robust rule combines gradients and differences alike: Byz-VR-MARINA. Cost
// a round: 1 ask; full: 1 vector down, 1 up, 1 gradient of all rows of all clients; else 2 vectors
// down, 1 compressed up, 2 gradients of all rows. No client state.

#include "algorithms/method.hpp"

namespace cohort {

struct Marina {
  static constexpr std::string_view name = "marina";
  static constexpr std::string_view summary = "compressed differences between full gradients";
  static constexpr std::string_view source = "Gorbunov, Burlachenko, Li, Richtárik, ICML 2021";
  struct Options {
    std::optional<double> probability;
    static void declare(OptionTable<Options>& t) {
      t.add("probability", &Options::probability, Bounds{0, 1, true, false},
            "p, of a round of full gradients; 1/(1 + omega) unless given");
    }
  };
  struct ServerState {
    Vec g;         // [d]
    Vec previous;  // x⁻ [d]; empty before the first round
    static ServerState start(const Layout& layout) {
      return {Vec::Zero(static_cast<Index>(layout.shared())), {}};
    }
    template <class V>
    void fields(V&& v) {
      v("g", g);
      v("previous", previous);
    }
  };
  Options options;
  std::shared_ptr<const Compressor> compressor = nullptr;

  MethodNeeds needs() const {
    return {.oracle = {Query::gradient}, .uses_server = true, .compression = Compression::unbiased};
  }
  enum Exchange : std::uint32_t { full, difference };
  std::vector<Phase> phases(const Layout& layout) const {
    const std::uint64_t d = layout.shared();
    return {{.name = "full",
             .who = Who::all,
             .down = {{.name = "x", .length = d}},
             .up = {{.name = "gradient", .length = d, .combine = Combine::rule}}},
            {.name = "difference",
             .down = {{.name = "x", .length = d}, {.name = "previous", .length = d}},
             .up = {{.name = "difference",
                     .length = d,
                     .combine = Combine::rule,
                     .is_compressed = true}}}};
  }

  Result<Next> next(ServerContext& server, Vec& x, ServerState& state, Combined&& combined) const {
    if (combined.starts_round()) {
      const bool is_first = state.previous.size() == 0;
      Ask ask;
      ask.common.blocks = {dense_block("x", as_span(x))};
      if (is_first || server.stream(Purpose::method).uniform() < probability(x)) {
        ask.phase = full;
        ask.who = Who::all;
      } else {
        ask.phase = difference;
        ask.common.blocks.push_back(dense_block("previous", as_span(state.previous)));
      }
      return Next(std::move(ask));
    }
    if (*combined.phase == full) {
      state.g = combined.vec("gradient");
    } else {
      state.g += combined.vec("difference");
    }
    state.previous = x;
    Vec update = -state.g;
    server.step(x, update);
    return Next(Done{});
  }
  Result<void> answer(ClientContext& client, const Ask& ask, Oracle& oracle, Reply& reply) const {
    if (oracle.rows() == 0) return {};
    auto g = reply.values(ask.phase == full ? "gradient" : "difference");
    oracle.gradient(as_vec(ask.common.at("x").doubles()), g);
    if (ask.phase == full) return {};
    Vec& before = client.buffer(0);
    before.resize(g.size());
    oracle.gradient(as_vec(ask.common.at("previous").doubles()), before);
    g -= before;
    return {};
  }

 private:
  double probability(const Vec& x) const {
    const auto omega =
        compressor ? compressor->omega(static_cast<std::uint64_t>(x.size())) : std::optional(0.0);
    return options.probability.value_or(1 / (1 + omega.value_or(0)));
  }
};

}  // namespace cohort
