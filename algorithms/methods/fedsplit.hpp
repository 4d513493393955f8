#pragma once
// FedSplit: Peaceman–Rachford splitting, whose fixed point is the optimum whatever the local steps.
//   client i   v = 2x − z_i;  y ≈ prox_{s f_i}(v) by K local steps on f_i(y) + ‖y − v‖²/(2s) from x
//              z_i ← z_i + 2 (y − x)
//   server     x ← x + Σ_S p_i 2 (y_i − x)
// -----------------------------------------------------------------------------------------------
// x, y [d] model and local solution; z_i [d] the client's centre, z_i = x at the start; s = step;
// p_i client weights, S the cohort.
// Invariant: x = Σ p_i z_i over all clients. Kept as x − x_0 = Σ p_i (z_i − x_0), with x_0 the
// model at the start. A client commits what it sent. Source: Pathak, Wainwright, FedSplit: an
// algorithmic framework for fast federated optimization,
//   NeurIPS 2020, procedure 2. Deviations: weights p_i where it has 1/N; clients that are not in
//   the cohort keep their centres, where the paper has all take part.
// With exact proximal steps and all clients it converges linearly to the optimum of Σ p_i f_i; an
// inexact solution leaves an error of its size. Cost a round: 1 ask; 2 vectors down, 1 up; client
// state 1 vector.

#include "algorithms/local.hpp"
#include "algorithms/method.hpp"

namespace cohort {

struct FedSplit : OneRound {
  static constexpr std::string_view name = "fedsplit";
  static constexpr std::string_view summary = "operator splitting with local proximal steps";
  static constexpr std::string_view source = "Pathak, Wainwright, NeurIPS 2020";
  struct Options : LocalWork {
    double step = 1.0;
    static void declare(OptionTable<Options>& t) {
      LocalWork::declare(t);
      t.add("step", &Options::step, positive,
            "s of the proximal step; 1/√(μL) for curvatures between μ and L");
    }
  };
  /// z_i − x_0, or Σ p_i of it.
  struct ClientState {
    Vec moved;  // [d]
    static ClientState start(const Layout& layout) {
      return {Vec::Zero(static_cast<Index>(layout.shared()))};
    }
    template <class V>
    void fields(V&& v) {
      v("moved", moved);
    }
  };
  struct ServerState : ClientState {
    Vec origin;  // x_0 [d]; empty before the first round
    static ServerState start(const Layout& layout) { return {ClientState::start(layout), {}}; }
    template <class V>
    void fields(V&& v) {
      ClientState::fields(v);
      v("origin", origin);
    }
  };
  Options options;

  MethodNeeds needs() const { return {.uses_local = true, .has_mirrored_state = true}; }
  void validate(const LocalPipeline&, const ConfigNode& given, const std::string& path,
                Mistakes& mistakes) const {
    cohort::validate(options, given, path, mistakes);
  }
  std::vector<Phase> phases(const Layout& layout) const {
    const std::uint64_t d = layout.shared();
    return {{.name = "proximal step",
             .down = {{.name = "x", .length = d}, {.name = "origin", .length = d}},
             .up = {{.name = "move", .length = d, .combine = Combine::sum}}}};
  }

  Ask ask(ServerContext&, const Vec& x, ServerState& server) const {
    if (server.origin.size() == 0) server.origin = x;
    Ask ask;
    ask.common.blocks = {dense_block("x", as_span(x)),
                         dense_block("origin", as_span(server.origin))};
    return ask;
  }
  Result<void> answer(ClientContext& client, const Ask& ask, Oracle& oracle, Reply& reply) const {
    const auto x = as_vec(ask.common.at("x").doubles());
    const auto origin = as_vec(ask.common.at("origin").doubles());
    Vec& centre = client.buffer(0);  // v
    centre = 2 * x - origin - client.state<ClientState>().moved;
    auto y = reply.values("move");
    y = x;
    run_local(client, options, oracle, y,
              [&](Oracle&, VecView at, VecRef g) { g += (at - centre) / options.step; });
    y = 2 * (y - x);
    return {};
  }
  void commit(ClientState& client, const Payload& sent) const {
    sent.at("move").add_to(1.0, as_mutable_span(client.moved));
  }
  void finish(ServerContext&, Vec& x, ServerState& state, Combined& combined) const {
    state.moved += combined.vec("move");
    x = state.origin + state.moved;
  }
  double invariant_gap(const ServerState& server,
                       const std::vector<std::pair<double, const ClientState*>>& clients) const {
    return mirror_gap(server.moved, clients,
                      [](const ClientState& c) -> const Vec& { return c.moved; });
  }
};

}  // namespace cohort
