#pragma once
// FedRep: heads of the clients' own, solved anew for a body before it moves.
//   client i   K_h times  h_i ← h_i − η ∂f_i/∂h (x, h_i)           the body stands still
//              y_i ← x,  K times  y_i ← y_i − η ∂f_i/∂y (y_i, h_i)  the head stands still
//              u_i = y_i − x; h_i stays with the client
//   server     x ← x + η_g Σ_S p_i u_i / Σ_S p_i     by its optimizer or a rule
// -----------------------------------------------------------------------------------------------
// x, y_i, u_i [shared] body, local body and update; h_i [owned] the head of client i, which starts
// as the model does; K_h from head_epochs or head_steps, K from local_epochs or local_steps, both
// by the local pipeline; p_i client weights, S the cohort.
// Source: Collins, Hassani, Mokhtari, Shakkottai, Exploiting shared representations for
//   personalized federated learning, ICML 2021, algorithm 1 (K = 1 there, more in its experiments).
// What stands still does so exactly, whatever the pipeline would do without a gradient (decay).
// With nothing owned it is FedAvg, bit for bit.
// Cost a round: 1 ask; the body down and up; K_h + K gradients, of the whole model each; client
// state the head.

#include "algorithms/local.hpp"
#include "algorithms/owned_part.hpp"

namespace cohort {

struct FedRep : OwningUpdate {
  static constexpr std::string_view name = "fedrep";
  static constexpr std::string_view summary = "heads of the clients' own, solved before the body";
  static constexpr std::string_view source = "Collins et al., ICML 2021";
  struct Options : LocalWork, OwnedLayers {
    std::optional<std::uint64_t> head_epochs;
    std::optional<std::uint64_t> head_steps;
    static void declare(OptionTable<Options>& t) {
      LocalWork::declare(t);
      OwnedLayers::declare(t);
      t.add("head_epochs", &Options::head_epochs, at_least(1),
            "passes over the client's rows for its head; 1 if head_steps is not given either");
      t.add("head_steps", &Options::head_steps, at_least(1),
            "steps for the head, instead of head_epochs");
    }
  };
  Options options;

  MethodNeeds needs() const {
    return {.uses_local = true, .uses_server = true, .owned = options.owned};
  }
  void validate(const LocalPipeline& local, const ConfigNode& given, const std::string& path,
                Mistakes& mistakes) const {
    cohort::validate(options, given, path, mistakes);
    if (options.head_epochs && options.head_steps) {
      mistakes.add(given.find("head_steps")->spot,
                   path + ": head_epochs and head_steps exclude each other, found both");
    }
    State memory;
    local.estimator->start(memory, 1);
    if (memory.empty() && !local.keeps_state) return;
    mistakes.add(given.spot, path +
                                 ".local: the steps of fedrep's head and body would share what the "
                                 "pipeline remembers; it needs state = \"reset\" and an estimator "
                                 "without memory, as minibatch");
  }
  Result<void> answer(ClientContext& client, const Ask& ask, Oracle& oracle, Reply& reply) const {
    const auto x = as_vec(ask.common.at("x").doubles());
    Vec& w = start(client, x, oracle);
    const Index body = x.size(), head = w.size() - body;
    if (head > 0) {
      LocalWork work = options;
      work.local_epochs = options.head_epochs;
      work.local_steps = options.head_steps;
      ClientContext first = client;  // with batches of its own
      first.ask_index = 1;
      descend(first, work, oracle, w, body, head);
    }
    descend(client, options, oracle, w, 0, body);
    finish_client(client, x, w, reply);
    return {};
  }

 private:
  /// Local steps on [from, from + size) of w; the rest stands still.
  static void descend(const ClientContext& client, const LocalWork& work, Oracle& oracle, Vec& w,
                      Index from, Index size) {
    const Index behind = from + size, rest = w.size() - behind;
    Vec& kept = client.buffer(1);
    kept = w;
    Vec& g = client.buffers->gradient;
    g.resize(w.size());
    LocalLoop loop(client, work, oracle, static_cast<std::size_t>(w.size()));
    for (std::uint64_t k = 0; k < loop.steps(); ++k) {
      const double scale = loop.gradient(w, g, [&](Oracle&, VecView, VecRef gradient) {
        gradient.head(from).setZero();
        gradient.tail(rest).setZero();
      });
      loop.step(w, g, scale);
      w.head(from) = kept.head(from);
      w.tail(rest) = kept.tail(rest);
    }
  }
};

}  // namespace cohort
