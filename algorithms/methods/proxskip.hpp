#pragma once
// ProxSkip (Scaffnew): local steps corrected by control variates, averaged at the toss of a coin.
//   server     K ~ Geometric(p), the same for all clients
//   client i   v_i = (x − x_0) − s_i;  y_i ← x, K times  y_i ← y_i − γ (∇f_i(y_i) − h_i),
//              h_i = (p/γ) v_i, taken as  y_i ← y_i − γ g_i(y_i),  y_i ← y_i + p v_i
//              s_i ← s_i + (y_i − x)
//   server     x ← x + Σ_S p_i (y_i − x)
// -----------------------------------------------------------------------------------------------
// x, y_i [d] model and local model, x_0 the model at the start; h_i [d] the control variate; s_i
// [d] the sum of the client's updates, zero at the start; p the coin's probability, p_i client
// weights, S the cohort. Invariant: x − x_0 = Σ p_i s_i over all clients, hence Σ p_i h_i = 0. A
// client commits what it sent. With all clients, h_i ← h_i + (p/γ)(x⁺ − y_i), as in the paper.
// Source: Mishchenko, Malinovsky, Stich, Richtárik, ProxSkip: yes! Local gradient steps provably
//   lead to communication acceleration! Finally!, ICML 2022, algorithm 2. Deviations: weights p_i
//   where it has 1/N; it has all clients take part, here those that do not keep s_i; γ must not
//   change over the run, since h_i is kept as a multiple of 1/γ.
// On strongly convex problems with full gradients, γ = 1/L and p = 1/√(L/μ) it converges linearly
// to the optimum of Σ p_i f_i in O(√(L/μ)) rounds. p = 1 is gradient descent.
// Cost a round: 1 ask; 2 vectors down, 1 up; 1/p gradients in the mean; client state 1 vector.

#include "algorithms/local.hpp"
#include "algorithms/method.hpp"

namespace cohort {

struct ProxSkip : OneRound {
  static constexpr std::string_view name = "proxskip";
  static constexpr std::string_view summary = "corrected local steps, averaged at random times";
  static constexpr std::string_view source = "Mishchenko et al., ICML 2022";
  struct Options {
    double probability = 0.1;
    std::uint64_t batch_size = 0;
    static void declare(OptionTable<Options>& t) {
      t.add("probability", &Options::probability, Bounds{0, 1, true, false},
            "p, of averaging after a local step: 1/p steps a round in the mean; 1/√(L/μ)");
      t.add("batch_size", &Options::batch_size, non_negative,
            "rows in a step's batch; 0: all rows");
    }
  };
  /// s_i, or Σ p_i of it.
  struct ClientState {
    Vec sent;  // [d]
    static ClientState start(const Layout& layout) {
      return {Vec::Zero(static_cast<Index>(layout.shared()))};
    }
    template <class V>
    void fields(V&& v) {
      v("sent", sent);
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
  void validate(const LocalPipeline& local, const ConfigNode& given, const std::string& path,
                Mistakes& mistakes) const {
    if (local.optimizer->name() == "sgd" && local.chain.transforms.empty()) return;
    mistakes.add(given.spot, path +
                                 ".local: proxskip reads its control variates off the local steps, "
                                 "which needs the optimizer sgd and no transforms");
  }
  std::vector<Phase> phases(const Layout& layout) const {
    const std::uint64_t d = layout.shared();
    return {
        {.name = "local steps",
         .down = {{.name = "x", .length = d},
                  {.name = "moved", .length = d},
                  {.name = "steps", .form = Form::scalars, .length = 1}},
         .up = {{.name = "update", .length = d, .combine = Combine::sum, .is_compressed = true}}}};
  }

  Ask ask(ServerContext& server, const Vec& x, ServerState& state) const {
    if (state.origin.size() == 0) state.origin = x;
    // P(K > k) = (1 − p)^k
    Stream coin = server.stream(Purpose::method);
    double steps = 1;
    while (coin.uniform() >= options.probability) ++steps;
    Ask ask;
    ask.common.blocks = {dense_block("x", as_span(x)), dense_block("moved", as_span(state.sent)),
                         scalars_block("steps", {&steps, 1})};
    return ask;
  }
  Result<void> answer(ClientContext& client, const Ask& ask, Oracle& oracle, Reply& reply) const {
    const auto x = as_vec(ask.common.at("x").doubles());
    const auto moved = as_vec(ask.common.at("moved").doubles());  // x − x_0
    LocalWork work;
    work.local_steps = static_cast<std::uint64_t>(ask.common.at("steps").doubles()[0]);
    work.batch_size = options.batch_size;
    Vec& v = client.buffer(0);
    v = options.probability * (moved - client.state<ClientState>().sent);
    auto y = reply.values("update");
    y = x;
    LocalLoop loop(client, work, oracle, static_cast<std::size_t>(y.size()));
    Vec& g = client.buffers->gradient;
    g.resize(y.size());
    for (std::uint64_t k = 0; k < loop.steps(); ++k) {
      const double scale = loop.gradient(y, g);
      loop.step(y, g, scale);
      y += v;
    }
    y -= x;
    return {};
  }
  void commit(ClientState& client, const Payload& sent) const {
    sent.at("update").add_to(1.0, as_mutable_span(client.sent));
  }
  void finish(ServerContext&, Vec& x, ServerState& state, Combined& combined) const {
    state.sent += combined.vec("update");
    x = state.origin + state.sent;
  }
  double invariant_gap(const ServerState& server,
                       const std::vector<std::pair<double, const ClientState*>>& clients) const {
    return mirror_gap(server.sent, clients,
                      [](const ClientState& c) -> const Vec& { return c.sent; });
  }
};

}  // namespace cohort
