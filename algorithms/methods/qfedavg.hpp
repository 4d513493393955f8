#pragma once
// q-FedAvg: clients with a larger loss count more.
//   client i   y_i ← x, K steps of its local pipeline;  v_i = L (y_i − x),  F_i = f_i(x)
//              u_i = F_i^q v_i,   h_i = q F_i^(q−1) ‖v_i‖² + L F_i^q
//   server     x ← x + Σ_S u_i / Σ_S h_i
// -----------------------------------------------------------------------------------------------
// x, y_i, u_i [d] model, local model and weighted update; F_i ≥ 0 the client's objective on all its
// rows; q = q; L = lipschitz, 1/η_l for a step of gradient descent. Every client counts once.
// It minimises Σ F_i^(q+1)/(q + 1): q = 0 is FedAvg with equal weights, large q the largest loss.
// Source: Li, Sanjabi, Beirami, Smith, Fair resource allocation in federated learning, ICLR 2020,
//   algorithm 2; clients are drawn evenly, where the paper draws them with p_i.
// Cost a round: 1 ask; 1 vector down, 1 vector and 1 number up; 1 value of all rows.

#include <string>

#include "algorithms/local.hpp"
#include "algorithms/method.hpp"

namespace cohort {

struct QFedAvg : OneRound {
  static constexpr std::string_view name = "qfedavg";
  static constexpr std::string_view summary = "averages updates by a power of the clients' losses";
  static constexpr std::string_view source = "Li, Sanjabi, Beirami, Smith, ICLR 2020";
  struct Options : LocalWork {
    double q = 1.0;
    double lipschitz = 10.0;
    static void declare(OptionTable<Options>& t) {
      LocalWork::declare(t);
      t.add("q", &Options::q, non_negative, "0: all count alike; large: the worst loss decides");
      t.add("lipschitz", &Options::lipschitz, positive,
            "L, of the gradients; usually 1 over the local learning rate");
    }
  };
  Options options;

  MethodNeeds needs() const { return {.oracle = {Query::value}, .uses_local = true}; }
  void validate(const LocalPipeline&, const ConfigNode& given, const std::string& path,
                Mistakes& mistakes) const {
    cohort::validate(options, given, path, mistakes);
  }
  std::vector<Phase> phases(const Layout& layout) const {
    const std::uint64_t d = layout.shared();
    return {
        {.name = "local steps",
         .down = {{.name = "x", .length = d}},
         .up = {{.name = "update", .length = d, .combine = Combine::sum},
                {.name = "scale", .form = Form::scalars, .length = 1, .combine = Combine::sum}}}};
  }

  Ask ask(ServerContext&, const Vec& x, NoState&) const {
    Ask ask;
    ask.common.blocks = {dense_block("x", as_span(x))};
    return ask;
  }
  Result<void> answer(ClientContext& client, const Ask& ask, Oracle& oracle, Reply& reply) const {
    if (oracle.rows() == 0) {
      reply.set_weight(0);
      return {};
    }
    const auto x = as_vec(ask.common.at("x").doubles());
    auto u = reply.values("update");
    u = x;
    run_local(client, options, oracle, u);
    const double loss = oracle.value(x);
    if (loss < 0) {
      return bad_input("qfedavg: expected objectives of at least 0, found " + std::to_string(loss) +
                       " at client " + std::to_string(client.client.value));
    }
    const double l = options.lipschitz, power = kernels::pow(loss, options.q);
    u = l * (u - x);
    // q F^(q−1) ‖v‖² is 0 for q = 0, also at F = 0.
    const double bend =
        options.q == 0 ? 0
                       : options.q * kernels::pow(loss, options.q - 1) *
                             kernels::squared_norm({u.data(), static_cast<std::size_t>(u.size())});
    u *= power;
    reply.values("scale")[0] = bend + l * power;
    reply.set_weight(1);
    return {};
  }
  void finish(ServerContext&, Vec& x, NoState&, Combined& combined) const {
    const double scale = combined.vec("scale")[0];
    if (scale != 0) x += combined.vec("update") / scale;
  }
};

}  // namespace cohort
