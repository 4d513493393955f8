#pragma once
// FedAvg: clients take local steps and send how far they went; the server averages.
//   client i   y_i ← x, K steps of its local pipeline, with sgd  y_i ← y_i − η_l g_i(y_i)
//              u_i = y_i − x
//   server     x ← x + η_g Σ_S p_i u_i / Σ_S p_i     by its optimizer, η_g its learning rate
// -----------------------------------------------------------------------------------------------
// x, y_i, u_i [d] model, local model and update; p_i client weights, S the cohort.
// Source: McMahan et al., Communication-efficient learning of deep networks from decentralized
//   data, AISTATS 2017, algorithm 1; the server's optimizer as in Reddi et al., ICLR 2021.
// On heterogeneous clients with K > 1 the fixed point is not the minimiser of Σ p_i f_i.
// Cost a round: 1 ask; 1 vector down, 1 up; no client state but the pipeline's.

#include "algorithms/local.hpp"
#include "algorithms/method.hpp"

namespace cohort {

struct FedAvg : OneUpdate {
  static constexpr std::string_view name = "fedavg";
  static constexpr std::string_view summary = "averages the updates of local steps";
  static constexpr std::string_view source = "McMahan et al., AISTATS 2017";
  struct Options : LocalWork {};
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
    run_local(client, options, oracle, y);
    y -= x;
    return {};
  }
};

}  // namespace cohort
