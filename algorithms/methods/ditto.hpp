#pragma once
// Ditto: beside the shared model of FedAvg, each client keeps a model of its own that is drawn to
// it.
//   client i   y_i ← x, K steps of its local pipeline on f_i;  u_i = y_i − x
//              K times  v_i ← v_i − η (g_i(v_i) + λ (v_i − x))      by the same pipeline
//   server     x ← x + η_g Σ_S p_i u_i / Σ_S p_i                    by its optimizer or a rule
// -----------------------------------------------------------------------------------------------
// x, y_i, u_i [d] model, local model and update; v_i [d] the client's personal model, x the first
// time it takes part; λ = pull; p_i client weights, S the cohort.
// Source: Li, Hu, Beirami, Smith, Ditto: fair and robust federated learning through
//   personalization, ICML 2021, algorithm 1 with FedAvg as its global solver.
// λ = 0 trains each client alone. With exact local solutions v_i = argmin f_i(v) + (λ/2) ‖v − x‖².
// The personal steps do not change what is sent: x is that of FedAvg, bit for bit.
// Cost a round: 1 ask; 1 vector down, 1 up; twice FedAvg's gradients; client state 1 vector.

#include "algorithms/local.hpp"
#include "algorithms/method.hpp"

namespace cohort {

struct Ditto : OneUpdate {
  static constexpr std::string_view name = "ditto";
  static constexpr std::string_view summary = "FedAvg beside personal models that it pulls";
  static constexpr std::string_view source = "Li et al., ICML 2021";
  struct Options : LocalWork {
    double pull = 0.1;
    static void declare(OptionTable<Options>& t) {
      LocalWork::declare(t);
      t.add("pull", &Options::pull, non_negative, "λ, of a personal model to the shared one");
    }
  };
  struct ClientState {
    Vec personal;  // v_i [d]; empty before the client takes part
    template <class V>
    void fields(V&& v) {
      v("personal", personal);
    }
  };
  Options options;

  MethodNeeds needs() const { return {.uses_local = true, .uses_server = true}; }
  void validate(const LocalPipeline& local, const ConfigNode& given, const std::string& path,
                Mistakes& mistakes) const {
    cohort::validate(options, given, path, mistakes);
    State memory;
    local.estimator->start(memory, 1);
    if (memory.empty() && !local.keeps_state) return;
    mistakes.add(given.spot, path +
                                 ".local: the steps of ditto's two models would share what the "
                                 "pipeline remembers; it needs state = \"reset\" and an estimator "
                                 "without memory, as minibatch");
  }
  Result<void> answer(ClientContext& client, const Ask& ask, Oracle& oracle, Reply& reply) const {
    const auto x = as_vec(ask.common.at("x").doubles());
    auto y = reply.values("update");
    y = x;
    run_local(client, options, oracle, y);
    y -= x;

    Vec& personal = client.next_state<ClientState>().personal;
    if (personal.size() == 0) personal = x;
    ClientContext second = client;  // with batches of its own
    second.ask_index = 1;
    run_local(second, options, oracle, personal,
              [&](Oracle&, VecView v, VecRef g) { g += options.pull * (v - x); });
    return {};
  }
  void personal(const ClientState& client, VecView x, Oracle&, VecRef v) const {
    v = client.personal.size() == 0 ? x : VecView(client.personal);
  }
};

}  // namespace cohort
