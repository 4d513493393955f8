#pragma once
// DIANA: compressed differences to a shift that every client learns, so that what compression adds
// vanishes at the optimum.
//   client i   m_i = Q(∇f_i(x) − h_i),  h_i ← h_i + α m_i
//   server     ĝ = h + Σ_S p_i m_i / Σ_S p_i,   x ← x − γ ĝ     by its optimizer, γ its learning
//   rate
//              h ← h + α Σ_S p_i m_i
// -----------------------------------------------------------------------------------------------
// x, m_i [d] model and difference; h, h_i [d] the shifts of server and client, zero at the start; Q
// the compressor of [method.update], unbiased with constant ω; α = alpha, 1/(1 + ω) unless given;
// p_i client weights, S the cohort. Invariant: h = Σ p_i h_i over all clients. A client commits
// what it sent. Source: Mishchenko, Gorbunov, Takáč, Richtárik, Distributed learning with
// compressed gradient
//   differences, 2019, algorithm 1; Horváth et al., Stochastic distributed learning with gradient
//   quantization and double-variance reduction, Optim. Methods Softw. 38 (2023), for any unbiased
//   Q. Deviations: weights p_i where they have 1/n; a part of the clients may take part.
// Converges on convex f for α ≤ 1/(1 + ω) and γ ≤ 1 / (L max(1, 1 + 4 ω / n)) up to constants, with
// h_i → ∇f_i(x*). Q = identity is gradient descent, to rounding. A robust rule would use some
// differences and not others while h counts all, so it is refused. Cost a round: 1 ask; 1 vector
// down, 1 compressed up; client state 1 vector; 1 gradient of all rows.

#include "algorithms/method.hpp"

namespace cohort {

struct Diana : OneRound {
  static constexpr std::string_view name = "diana";
  static constexpr std::string_view summary = "compressed differences to learned shifts";
  static constexpr std::string_view source = "Mishchenko, Gorbunov, Takáč, Richtárik, 2019";
  struct Options {
    std::optional<double> alpha;
    static void declare(OptionTable<Options>& t) {
      t.add("alpha", &Options::alpha, Bounds{0, 1, true, false},
            "rate at which the shifts are learned; 1/(1 + omega) unless given");
    }
  };
  struct ServerState {
    Vec h;  // [d]
    static ServerState start(const Layout& layout) {
      return {Vec::Zero(static_cast<Index>(layout.shared()))};
    }
    template <class V>
    void fields(V&& v) {
      v("h", h);
    }
  };
  using ClientState = ServerState;
  Options options;
  std::shared_ptr<const Compressor> compressor = nullptr;

  MethodNeeds needs() const {
    return {.oracle = {Query::gradient},
            .uses_server = true,
            .has_mirrored_state = true,
            .compression = Compression::unbiased};
  }
  std::vector<Phase> phases(const Layout& layout) const {
    const std::uint64_t d = layout.shared();
    return {
        {.name = "difference",
         .down = {{.name = "x", .length = d}},
         .up = {
             {.name = "difference", .length = d, .combine = Combine::sum, .is_compressed = true}}}};
  }

  Ask ask(ServerContext&, const Vec& x, ServerState&) const {
    Ask ask;
    ask.common.blocks = {dense_block("x", as_span(x))};
    return ask;
  }
  Result<void> answer(ClientContext& client, const Ask& ask, Oracle& oracle, Reply& reply) const {
    if (oracle.rows() == 0) return {};
    auto m = reply.values("difference");
    oracle.gradient(as_vec(ask.common.at("x").doubles()), m);
    m -= client.state<ClientState>().h;
    return {};
  }
  void commit(ClientState& client, const Payload& sent) const {
    sent.at("difference").add_to(alpha(client.h), as_mutable_span(client.h));
  }
  void finish(ServerContext& server, Vec& x, ServerState& state, Combined& combined) const {
    const Vec& m = combined.vec("difference");
    const double weight = combined.weight("difference");
    Vec update = -state.h;
    if (weight > 0) update -= m / weight;
    state.h += alpha(state.h) * m;
    server.step(x, update);
  }
  double invariant_gap(const ServerState& server,
                       const std::vector<std::pair<double, const ClientState*>>& clients) const {
    return mirror_gap(server.h, clients, [](const ClientState& c) -> const Vec& { return c.h; });
  }

 private:
  double alpha(const Vec& h) const {
    const auto omega =
        compressor ? compressor->omega(static_cast<std::uint64_t>(h.size())) : std::optional(0.0);
    return options.alpha.value_or(1 / (1 + omega.value_or(0)));
  }
};

}  // namespace cohort
