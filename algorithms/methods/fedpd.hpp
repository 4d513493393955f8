#pragma once
// FedPD: each client solves an augmented Lagrangian in a model of its own; averaging may be
// skipped.
//   server     R ~ Geometric(1 − p), the same for all clients
//   client i   x_0 ← x;  R times
//                x_i ≈ argmin f_i(z) + ⟨λ_i, z − x_0⟩ + ‖z − x_0‖²/(2η)   by K local steps from x_0
//                λ_i ← λ_i + (x_i − x_0)/η
//                x_0 ← x_i + η λ_i
//   server     x ← Σ_S p_i x_0 / Σ_S p_i
// -----------------------------------------------------------------------------------------------
// x, x_i, x_0 [d] model, local solution, and the client's copy of the model; λ_i [d] its dual, zero
// at the start; η = penalty_rate, p = skip; p_i client weights, S the cohort.
// Source: Zhang, Hong, Dhople, Yin, Liu, FedPD: a federated learning framework with adaptivity to
//   non-IID data, IEEE Transactions on Signal Processing 2021, algorithm 1. Deviations: weights p_i
//   where it has 1/N; it has all clients take part, here those that do not keep their duals; the
//   oracle of its algorithms 2 and 3 is the local pipeline.
// At the fixed point x_i = x and λ_i = −∇f_i(x), so that with Σ p_i λ_i = 0 x is stationary for
// Σ p_i f_i. A skipped averaging moves clients off it, by as much as they differ: with p > 0 an
// error of that size stays. η below 1/L keeps the local problems strongly convex. Cost a round: 1
// ask; 1 vector down, 1 up; 1/(1 − p) solutions in the mean; client state 1 vector.

#include "algorithms/local.hpp"
#include "algorithms/method.hpp"

namespace cohort {

struct FedPd : OneRound {
  static constexpr std::string_view name = "fedpd";
  static constexpr std::string_view summary =
      "local augmented Lagrangians with duals of the clients";
  static constexpr std::string_view source = "Zhang et al., IEEE TSP 2021";
  struct Options : LocalWork {
    double penalty_rate = 0.1;
    double skip = 0;
    static void declare(OptionTable<Options>& t) {
      LocalWork::declare(t);
      t.add("penalty_rate", &Options::penalty_rate, positive,
            "η of the penalty ‖z − x‖²/(2η) and of the dual steps; below 1/L");
      t.add("skip", &Options::skip, zero_to_below_one,
            "p, of another local solution instead of averaging");
    }
  };
  struct ClientState {
    Vec dual;  // λ_i [d]
    static ClientState start(const Layout& layout) {
      return {Vec::Zero(static_cast<Index>(layout.shared()))};
    }
    template <class V>
    void fields(V&& v) {
      v("dual", dual);
    }
  };
  Options options;

  MethodNeeds needs() const { return {.uses_local = true, .uses_server = true}; }
  void validate(const LocalPipeline&, const ConfigNode& given, const std::string& path,
                Mistakes& mistakes) const {
    cohort::validate(options, given, path, mistakes);
  }
  std::vector<Phase> phases(const Layout& layout) const {
    const std::uint64_t d = layout.shared();
    return {{.name = "augmented Lagrangian",
             .down = {{.name = "x", .length = d},
                      {.name = "solutions", .form = Form::scalars, .length = 1}},
             .up = {{.name = "update", .length = d, .combine = Combine::mean, .is_update = true}}}};
  }

  Ask ask(ServerContext& server, const Vec& x, NoState&) const {
    Stream coin = server.stream(Purpose::method);
    double solutions = 1;
    while (coin.uniform() < options.skip) ++solutions;
    Ask ask;
    ask.common.blocks = {dense_block("x", as_span(x)), scalars_block("solutions", {&solutions, 1})};
    return ask;
  }
  Result<void> answer(ClientContext& client, const Ask& ask, Oracle& oracle, Reply& reply) const {
    const auto x = as_vec(ask.common.at("x").doubles());
    const auto solutions = static_cast<std::uint64_t>(ask.common.at("solutions").doubles()[0]);
    const double eta = options.penalty_rate;
    auto own = reply.values("update");  // x_0 of the box, at last minus x
    if (oracle.rows() == 0) return {};
    own = x;
    Vec& z = client.buffer(0);
    Vec& dual = client.next_state<ClientState>().dual;
    ClientContext solution = client;  // with batches of its own
    for (std::uint64_t r = 0; r < solutions; ++r) {
      z = own;
      solution.ask_index = static_cast<std::uint32_t>(r);
      run_local(solution, options, oracle, z,
                [&](Oracle&, VecView at, VecRef g) { g += dual + (at - own) / eta; });
      dual += (z - own) / eta;
      own = z + eta * dual;
    }
    own -= x;
    return {};
  }
  void finish(ServerContext& server, Vec& x, NoState&, Combined& combined) const {
    server.step(x, combined.vec("update"));
  }
};

}  // namespace cohort
