#pragma once
// FedDyn: local problems with a linear term that makes their solutions agree at the optimum.
//   client i   y_i ← x, K steps of its local pipeline on  g_i(y_i) − λ_i + α (y_i − x)
//              u_i = y_i − x,   λ_i ← λ_i − α u_i
//   server     h ← h − α Σ_S p_i u_i
//              x ← x + Σ_S p_i u_i / Σ_S p_i − h/α
// -----------------------------------------------------------------------------------------------
// x, y_i, u_i [d] model, local model and update; λ_i, h [d] linear terms of client and server, zero
// at the start; α = alpha; p_i client weights, S the cohort. The local problem is
// f_i(y) − ⟨λ_i, y⟩ + (α/2)‖y − x‖²; solved exactly, λ_i = ∇f_i(y_i).
// Invariant: h = Σ p_i λ_i over all clients. A client commits the update that it sent.
// Source: Acar et al., Federated learning based on dynamic regularization, ICLR 2021, algorithm 1.
//   Deviations: weights p_i where the paper has 1/N; K local steps where it solves the problem.
// Fixed point: ∇f_i(x) = λ_i and h = 0, the exact optimum, also with few local steps. A robust rule
// would use some updates and not others while h counts all, so it is refused.
// Cost a round: 1 ask; 1 vector down, 1 up; client state 1 vector.

#include "algorithms/local.hpp"
#include "algorithms/method.hpp"

namespace cohort {

struct FedDyn : OneRound {
  static constexpr std::string_view name = "feddyn";
  static constexpr std::string_view summary = "local steps with dynamic regularisation";
  static constexpr std::string_view source = "Acar et al., ICLR 2021";
  struct Options : LocalWork {
    double alpha = 0.1;
    static void declare(OptionTable<Options>& t) {
      LocalWork::declare(t);
      t.add("alpha", &Options::alpha, positive, "weight of the regulariser (α/2)‖y − x‖²");
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
  struct ClientState {
    Vec lambda;  // λ_i [d]
    static ClientState start(const Layout& layout) {
      return {Vec::Zero(static_cast<Index>(layout.shared()))};
    }
    template <class V>
    void fields(V&& v) {
      v("lambda", lambda);
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
    return {{.name = "local steps",
             .down = {{.name = "x", .length = d}},
             .up = {{.name = "update", .length = d, .combine = Combine::sum, .is_update = true}}}};
  }

  Ask ask(ServerContext&, const Vec& x, ServerState&) const {
    Ask ask;
    ask.common.blocks = {dense_block("x", as_span(x))};
    return ask;
  }
  Result<void> answer(ClientContext& client, const Ask& ask, Oracle& oracle, Reply& reply) const {
    const auto x = as_vec(ask.common.at("x").doubles());
    const Vec& lambda = client.state<ClientState>().lambda;
    auto y = reply.values("update");
    y = x;
    run_local(client, options, oracle, y,
              [&](Oracle&, VecView at, VecRef g) { g += options.alpha * (at - x) - lambda; });
    y -= x;
    return {};
  }
  void commit(ClientState& client, const Payload& sent) const {
    sent.at("update").add_to(-options.alpha, as_mutable_span(client.lambda));
  }
  void finish(ServerContext&, Vec& x, ServerState& state, Combined& combined) const {
    const Combined::Value& sum = combined.at("update");
    if (sum.weight == 0) return;
    state.h -= options.alpha * sum.value;
    x += sum.value / sum.weight - state.h / options.alpha;
  }
  double invariant_gap(const ServerState& server,
                       const std::vector<std::pair<double, const ClientState*>>& clients) const {
    return mirror_gap(server.h, clients,
                      [](const ClientState& c) -> const Vec& { return c.lambda; });
  }
};

}  // namespace cohort
