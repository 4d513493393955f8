#pragma once
// EF21: every client keeps an estimate of its gradient and sends a compressed correction of it.
//   client i   c_i = C(∇f_i(x) − g_i),  g_i ← g_i + c_i        i in S; the others keep g_i
//   server     g ← g + Σ_S p_i c_i,   x ← x − γ g              by its optimizer, γ its learning
//   rate
// -----------------------------------------------------------------------------------------------
// x, c_i [d] model and correction; g, g_i [d] the estimates of server and client, zero at the
// start; C the compressor of [method.update], contractive; p_i client weights, S the cohort.
// Invariant: g = Σ p_i g_i over all clients. A client commits what it sent.
// Source: Richtárik, Sokolov, Fatkhullin, EF21: a new, simpler, theoretically better, and
// practically
//   faster error feedback, NeurIPS 2021, algorithm 2; with S a part of the clients, Fatkhullin et
//   al., EF21 with bells & whistles, 2021, EF21-PP. Deviations: weights p_i where they have 1/n;
//   all g_i start at zero.
// Converges for γ ≤ 1 / (L + L̃ √(β/θ)), θ = 1 − √(1 − δ), β = (1 − δ)/θ, L̃² = Σ p_i L_i². C =
// identity is gradient descent, to rounding. A robust rule would use some corrections and not
// others while g counts all, so it is refused.
// Cost a round: 1 ask; 1 vector down, 1 compressed up; client state 1 vector; 1 gradient of all
// rows.

#include "algorithms/method.hpp"

namespace cohort {

struct Ef21 : OneRound {
  static constexpr std::string_view name = "ef21";
  static constexpr std::string_view summary = "compressed corrections of kept gradients";
  static constexpr std::string_view source = "Richtárik, Sokolov, Fatkhullin, NeurIPS 2021";
  struct Options {};
  struct ServerState {
    Vec g;  // [d]
    static ServerState start(const Layout& layout) {
      return {Vec::Zero(static_cast<Index>(layout.shared()))};
    }
    template <class V>
    void fields(V&& v) {
      v("g", g);
    }
  };
  using ClientState = ServerState;
  Options options;

  MethodNeeds needs() const {
    return {.oracle = {Query::gradient},
            .uses_server = true,
            .has_mirrored_state = true,
            .compression = Compression::contractive};
  }
  std::vector<Phase> phases(const Layout& layout) const {
    const std::uint64_t d = layout.shared();
    return {
        {.name = "correction",
         .down = {{.name = "x", .length = d}},
         .up = {
             {.name = "correction", .length = d, .combine = Combine::sum, .is_compressed = true}}}};
  }

  Ask ask(ServerContext&, const Vec& x, ServerState&) const {
    Ask ask;
    ask.common.blocks = {dense_block("x", as_span(x))};
    return ask;
  }
  Result<void> answer(ClientContext& client, const Ask& ask, Oracle& oracle, Reply& reply) const {
    if (oracle.rows() == 0) return {};
    auto c = reply.values("correction");
    oracle.gradient(as_vec(ask.common.at("x").doubles()), c);
    c -= client.state<ClientState>().g;
    return {};
  }
  void commit(ClientState& client, const Payload& sent) const {
    sent.at("correction").add_to(1.0, as_mutable_span(client.g));
  }
  void finish(ServerContext& server, Vec& x, ServerState& state, Combined& combined) const {
    state.g += combined.vec("correction");
    Vec update = -state.g;
    server.step(x, update);
  }
  double invariant_gap(const ServerState& server,
                       const std::vector<std::pair<double, const ClientState*>>& clients) const {
    return mirror_gap(server.g, clients, [](const ClientState& c) -> const Vec& { return c.g; });
  }
};

}  // namespace cohort
