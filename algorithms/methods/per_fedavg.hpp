#pragma once
// Per-FedAvg: a shared model from which one gradient step makes a good personal one.
//   client i   w ← x, K times, on the step's batch B
//                z ← w − α ∇f_B(w)
//                g ← (I − α ∇²f_B(w)) ∇f_B(z)              exact
//                  ∇f_B(z)                                 first_order
//                  ∇f_B(z) − α (∇f_B(w + δ ∇f_B(z)) − ∇f_B(w − δ ∇f_B(z)))/(2δ)     hessian_free
//                w ← w − β g                               by its local pipeline
//   server     x ← x + η_g Σ_S p_i (w_i − x) / Σ_S p_i     by its optimizer
// -----------------------------------------------------------------------------------------------
// x, w [d] model and local model; z [d] the adapted one; α = adapt_rate, β the local learning rate,
// δ = 1e-4 (1 + ‖w‖)/‖∇f_B(z)‖; p_i client weights, S the cohort. g is the gradient at w of
// F_B(w) = f_B(w − α ∇f_B(w)). The personal model of a client is x − α ∇f_i(x) on all its rows.
// Source: Fallah, Mokhtari, Ozdaglar, Personalized federated learning with theoretical guarantees:
//   a model-agnostic meta-learning approach, NeurIPS 2020, algorithm 1. Deviation: one batch in all
//   places, where it draws three; the expectation of g is then the gradient of the mean of F_B over
//   batches, with full batches that of the paper.
// α = 0 is FedAvg.
// Cost a round: 1 ask; 1 vector down, 1 up; a step costs 2 gradients (first_order), 4
// (hessian_free), or 2 and a Hessian product (exact); no client state but the pipeline's.

#include "algorithms/local.hpp"
#include "algorithms/method.hpp"

namespace cohort {

enum class MetaGradient : std::uint8_t { exact, first_order, hessian_free };
inline std::vector<std::pair<std::string, MetaGradient>> option_names(MetaGradient) {
  return {{"exact", MetaGradient::exact},
          {"first_order", MetaGradient::first_order},
          {"hessian_free", MetaGradient::hessian_free}};
}

struct PerFedAvg : OneUpdate {
  static constexpr std::string_view name = "per_fedavg";
  static constexpr std::string_view summary = "a start from which one step makes personal models";
  static constexpr std::string_view source = "Fallah, Mokhtari, Ozdaglar, NeurIPS 2020";
  struct Options : LocalWork {
    double adapt_rate = 0.01;
    MetaGradient meta_gradient = MetaGradient::exact;
    static void declare(OptionTable<Options>& t) {
      LocalWork::declare(t);
      t.add("adapt_rate", &Options::adapt_rate, non_negative, "α of the step to a personal model");
      t.add("meta_gradient", &Options::meta_gradient,
            "with the Hessian, without its term, or with differences of gradients for it");
    }
  };
  static constexpr double difference = 1e-4;
  Options options;

  MethodNeeds needs() const {
    Capabilities oracle{Query::gradient};
    if (options.meta_gradient == MetaGradient::exact) oracle = oracle.with({Query::hvp});
    return {.oracle = oracle, .uses_local = true, .uses_server = true};
  }
  void validate(const LocalPipeline& local, const ConfigNode& given, const std::string& path,
                Mistakes& mistakes) const {
    cohort::validate(options, given, path, mistakes);
    const std::string_view estimator = local.estimator->name();
    if (estimator == "minibatch" || estimator == "full_batch") return;
    mistakes.add(given.spot, path +
                                 ".local: per_fedavg adapts along gradients of the step's rows, "
                                 "which needs the estimator minibatch or full_batch");
  }
  Result<void> answer(ClientContext& client, const Ask& ask, Oracle& oracle, Reply& reply) const {
    const auto x = as_vec(ask.common.at("x").doubles());
    auto w = reply.values("update");
    w = x;
    Vec& z = client.buffer(0);
    Vec& step = client.buffer(1);
    Vec& other = client.buffer(2);
    for (Vec* v : {&step, &other}) v->resize(x.size());
    run_local(client, options, oracle, w, [&](Oracle& batch, VecView at, VecRef g) {
      if (options.adapt_rate == 0) return;
      z = at - options.adapt_rate * g;
      batch.gradient(z, g);
      if (options.meta_gradient == MetaGradient::exact) {
        batch.hvp(at, g, step);
        g -= options.adapt_rate * step;
      } else if (options.meta_gradient == MetaGradient::hessian_free) {
        const double length = kernels::norm(as_span(VecView(g)));
        if (length == 0) return;
        const double delta = difference * (1 + kernels::norm(as_span(at))) / length;
        z = at + delta * g;
        batch.gradient(z, step);
        z = at - delta * g;
        batch.gradient(z, other);
        g -= options.adapt_rate / (2 * delta) * (step - other);
      }
    });
    w -= x;
    return {};
  }
  void personal(const NoState&, VecView x, Oracle& oracle, VecRef z) const {
    z = x;
    if (oracle.rows() == 0) return;
    Vec g(x.size());
    oracle.gradient(x, g);
    z -= options.adapt_rate * g;
  }
};

}  // namespace cohort
