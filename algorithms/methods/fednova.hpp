#pragma once
// FedNova: local steps of different number, normalised before they are averaged.
//   client i   y_i ← x, K_i times  y_i ← y_i − η_l g_i(y_i)
//              u_i = (y_i − x)/τ_i,   τ_i = Σ η_l over its steps
//   server     x ← x + η_g τ Σ_S p_i u_i / Σ_S p_i,   τ = Σ_S p_i τ_i / Σ_S p_i
// -----------------------------------------------------------------------------------------------
// x, y_i, u_i [d] model, local model and mean direction; p_i client weights, S the cohort; η_g by
// the server's optimizer. Clients with more rows take more steps of an epoch: FedAvg then minimises
// Σ p_i τ_i f_i, FedNova Σ p_i f_i (both for small steps).
// Source: Wang et al., Tackling the objective inconsistency problem in heterogeneous federated
//   optimization, NeurIPS 2020, equation (11) with plain SGD, where ‖a_i‖₁ = K_i; other local
//   solvers have other norms and are refused.
// With equal K_i it is FedAvg. Cost a round: 1 ask; 1 vector down, 1 vector and 1 number up.

#include "algorithms/local.hpp"
#include "algorithms/method.hpp"

namespace cohort {

struct FedNova : OneRound {
  static constexpr std::string_view name = "fednova";
  static constexpr std::string_view summary = "averages updates by the length of their local work";
  static constexpr std::string_view source = "Wang et al., NeurIPS 2020";
  struct Options : LocalWork {};
  Options options;

  MethodNeeds needs() const { return {.uses_local = true, .uses_server = true}; }
  void validate(const LocalPipeline& local, const ConfigNode& given, const std::string& path,
                Mistakes& mistakes) const {
    cohort::validate(options, given, path, mistakes);
    if (local.optimizer->name() == "sgd" && local.chain.transforms.empty()) return;
    mistakes.add(given.spot, path +
                                 ".local: fednova normalises by the sum of the step sizes, which "
                                 "is right for the optimizer sgd and no transforms");
  }
  std::vector<Phase> phases(const Layout& layout) const {
    const std::uint64_t d = layout.shared();
    return {
        {.name = "local steps",
         .down = {{.name = "x", .length = d}},
         .up = {{.name = "update", .length = d, .combine = Combine::mean},
                {.name = "work", .form = Form::scalars, .length = 1, .combine = Combine::mean}}}};
  }

  Ask ask(ServerContext&, const Vec& x, NoState&) const {
    Ask ask;
    ask.common.blocks = {dense_block("x", as_span(x))};
    return ask;
  }
  Result<void> answer(ClientContext& client, const Ask& ask, Oracle& oracle, Reply& reply) const {
    const auto x = as_vec(ask.common.at("x").doubles());
    auto y = reply.values("update");
    y = x;
    const LocalRun run = run_local(client, options, oracle, y);
    y -= x;
    if (run.rate_sum > 0) y /= run.rate_sum;
    reply.values("work")[0] = run.rate_sum;
    return {};
  }
  void finish(ServerContext& server, Vec& x, NoState&, Combined& combined) const {
    Vec& update = combined.vec("update");
    update *= combined.vec("work")[0];
    server.step(x, update);
  }
};

}  // namespace cohort
