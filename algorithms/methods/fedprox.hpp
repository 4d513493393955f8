#pragma once
// FedProx: FedAvg whose local steps are pulled back to the model they began at.
//   client i   y_i ← x, K steps of its local pipeline on  g_i(y_i) + μ (y_i − x)
//              u_i = y_i − x
//   server     x ← x + η_g Σ_S p_i u_i / Σ_S p_i     by its optimizer, η_g its learning rate
// -----------------------------------------------------------------------------------------------
// x, y_i, u_i [d] model, local model and update; p_i client weights, S the cohort; μ = mu of the
// local problem f_i(y) + (μ/2)‖y − x‖².
// Source: Li et al., Federated optimization in heterogeneous networks, MLSys 2020, algorithm 2;
//   clients are averaged with p_i, where the paper samples with p_i and averages evenly.
// μ = 0 is FedAvg. The fixed point is biased as FedAvg's is, by less.
// Cost a round: 1 ask; 1 vector down, 1 up; no client state but the pipeline's.

#include "algorithms/local.hpp"
#include "algorithms/method.hpp"

namespace cohort {

struct FedProx : OneUpdate {
  static constexpr std::string_view name = "fedprox";
  static constexpr std::string_view summary = "averages local steps with a proximal term";
  static constexpr std::string_view source = "Li et al., MLSys 2020";
  struct Options : LocalWork {
    double mu = 0.01;
    static void declare(OptionTable<Options>& t) {
      LocalWork::declare(t);
      t.add("mu", &Options::mu, non_negative, "weight of the proximal term (μ/2)‖y − x‖²");
    }
  };
  Options options;

  MethodNeeds needs() const { return {.uses_local = true, .uses_server = true}; }
  void validate(const LocalPipeline&, const ConfigNode& given, const std::string& path,
                Mistakes& mistakes) const {
    cohort::validate(options, given, path, mistakes);
  }
  Result<void> answer(ClientContext& client, const Ask& ask, Oracle& oracle, Reply& reply) const {
    const auto x = as_vec(ask.common.at("x").doubles());
    auto y = reply.values("update");
    y = x;
    run_local(client, options, oracle, y,
              [&](Oracle&, VecView at, VecRef g) { g += options.mu * (at - x); });
    y -= x;
    return {};
  }
};

}  // namespace cohort
