#pragma once
// pFedMe: the shared model minimises Moreau envelopes of the clients' functions.
//   client i   w ← x;  R times
//                θ ≈ argmin f_i(θ) + (λ/2) ‖θ − w‖²     by K local steps, from the θ before
//                w ← w − η λ (w − θ)
//   server     x ← x + β Σ_S p_i (w_i − x) / Σ_S p_i    by its optimizer, β its learning rate
// -----------------------------------------------------------------------------------------------
// x [d] model; w, θ_i [d] the client's copy of it and its personal model, θ = x at first; λ = pull,
// η = outer_rate, K = inner_steps, R K the local steps; p_i client weights, S the cohort.
// Source: Dinh, Tran, Nguyen, Personalized federated learning with Moreau envelopes, NeurIPS 2020,
//   algorithm 1. Deviations: a new batch at every inner step, where it keeps one for each θ; the
//   last θ has fewer inner steps where K does not divide the local steps.
// With exact θ, λ (w − θ) is the gradient at w of the envelope min_θ f_i(θ) + (λ/2)‖θ − w‖².
// Cost a round: 1 ask; 1 vector down, 1 up; client state 1 vector, the personal model.

#include "algorithms/local.hpp"
#include "algorithms/method.hpp"

namespace cohort {

struct PFedMe : OneUpdate {
  static constexpr std::string_view name = "pfedme";
  static constexpr std::string_view summary = "personal models through Moreau envelopes";
  static constexpr std::string_view source = "Dinh, Tran, Nguyen, NeurIPS 2020";
  struct Options : LocalWork {
    double pull = 15;
    double outer_rate = 0.01;
    std::uint64_t inner_steps = 5;
    static void declare(OptionTable<Options>& t) {
      LocalWork::declare(t);
      t.add("pull", &Options::pull, positive, "λ, of a personal model to the shared one");
      t.add("outer_rate", &Options::outer_rate, positive,
            "η of the client's step along λ (w − θ); ηλ at most 1");
      t.add("inner_steps", &Options::inner_steps, at_least(1),
            "K, local steps for one personal model");
    }
  };
  struct ClientState {
    Vec personal;  // θ_i [d]; empty before the client takes part
    template <class V>
    void fields(V&& v) {
      v("personal", personal);
    }
  };
  Options options;

  MethodNeeds needs() const { return {.uses_local = true, .uses_server = true}; }
  void validate(const LocalPipeline&, const ConfigNode& given, const std::string& path,
                Mistakes& mistakes) const {
    cohort::validate(options, given, path, mistakes);
    if (options.outer_rate * options.pull <= 1) return;
    mistakes.add(given.spot, path + ": outer_rate · pull is above 1: w would leap over θ");
  }
  Result<void> answer(ClientContext& client, const Ask& ask, Oracle& oracle, Reply& reply) const {
    const auto x = as_vec(ask.common.at("x").doubles());
    auto w = reply.values("update");
    w = x;
    Vec& theta = client.next_state<ClientState>().personal;
    theta = x;
    LocalLoop loop(client, options, oracle, static_cast<std::size_t>(x.size()));
    Vec& g = client.buffers->gradient;
    g.resize(x.size());
    for (std::uint64_t step = 1; step <= loop.steps(); ++step) {
      const double scale = loop.gradient(
          theta, g, [&](Oracle&, VecView at, VecRef of_f) { of_f += options.pull * (at - w); });
      loop.step(theta, g, scale);
      if (step % options.inner_steps == 0 || step == loop.steps()) {
        w -= options.outer_rate * options.pull * (w - theta);
      }
    }
    w -= x;
    return {};
  }
  void personal(const ClientState& client, VecView x, Oracle&, VecRef theta) const {
    theta = client.personal.size() == 0 ? x : VecView(client.personal);
  }
};

}  // namespace cohort
