#pragma once
// MIME: local steps that mimic centralised momentum, whose state is frozen during the round.
//   clients    send ∇f_i(x);  c = Σ_S p_i ∇f_i(x) / Σ_S p_i
//   client i   y_i ← x, K times
//                g = g_i(y_i) − g_i(x) + c          both on the step's batch  (lite: g = g_i(y_i))
//                y_i ← y_i − η_l ((1 − β) g + β m)
//              u_i = y_i − x
//   server     x ← x + Σ_S p_i u_i / Σ_S p_i
//              m ← (1 − β) c + β m
// -----------------------------------------------------------------------------------------------
// x, y_i, u_i [d] model, local model and update; m [d] momentum of the server, zero at the start;
// c [d] mean gradient; β = beta; p_i client weights, S the cohort.
// Source: Karimireddy et al., Breaking the centralized barrier for cross-device federated learning,
//   NeurIPS 2021, algorithm 1 with momentum as its base optimizer. Weights p_i where it has 1/|S|.
// With one full-batch step it is centralised momentum. No client state, so clients may be new.
// Cost a round: 2 asks, with 1 vector and 3 down, 1 and 1 up; lite: 1 ask, 2 vectors down, 2 up. 1
// gradient of all rows, and 2 (lite 1) of a batch a step.

#include "algorithms/local.hpp"
#include "algorithms/method.hpp"

namespace cohort {

struct Mime {
  static constexpr std::string_view name = "mime";
  static constexpr std::string_view summary = "local steps with the server's momentum, frozen";
  static constexpr std::string_view source = "Karimireddy et al., NeurIPS 2021";
  struct Options : LocalWork {
    double beta = 0.9;
    bool lite = false;
    static void declare(OptionTable<Options>& t) {
      LocalWork::declare(t);
      t.add("beta", &Options::beta, zero_to_below_one, "share of the momentum that is kept");
      t.add("lite", &Options::lite, "MimeLite: local gradients are not corrected");
    }
  };
  struct ServerState {
    Vec momentum, gradient;  // m, c [d]
    static ServerState start(const Layout& layout) {
      const auto d = static_cast<Index>(layout.shared());
      return {Vec::Zero(d), Vec::Zero(d)};
    }
    template <class V>
    void fields(V&& v) {
      v("momentum", momentum);
      v("gradient", gradient);
    }
  };
  Options options;

  MethodNeeds needs() const { return {.oracle = {Query::gradient}, .uses_local = true}; }
  void validate(const LocalPipeline& local, const ConfigNode& given, const std::string& path,
                Mistakes& mistakes) const {
    cohort::validate(options, given, path, mistakes);
    const bool is_plain =
        local.estimator->name() == "minibatch" && local.optimizer->name() == "sgd";
    if (is_plain && local.chain.transforms.empty()) return;
    mistakes.add(given.spot,
                 path +
                     ".local: mime brings its own correction and momentum, which needs the "
                     "estimator minibatch, the optimizer sgd and no transforms");
  }

  std::vector<Phase> phases(const Layout& layout) const {
    const std::uint64_t d = layout.shared();
    const BlockSpec x{.name = "x", .length = d}, m{.name = "m", .length = d},
        c{.name = "c", .length = d};
    const BlockSpec gradient{.name = "gradient", .length = d, .combine = Combine::mean};
    const BlockSpec update{
        .name = "update", .length = d, .combine = Combine::mean, .is_update = true};
    if (options.lite) return {{.name = "steps", .down = {x, m}, .up = {update, gradient}}};
    return {{.name = "gradient", .down = {x}, .up = {gradient}},
            {.name = "steps", .who = Who::accepted, .down = {x, m, c}, .up = {update}}};
  }
  bool asks_gradient(std::uint32_t phase) const { return options.lite || phase == 0; }
  bool asks_steps(std::uint32_t phase) const { return options.lite || phase == 1; }

  Result<Next> next(ServerContext&, Vec& x, ServerState& server, Combined&& combined) const {
    if (!combined.starts_round()) {
      if (asks_gradient(*combined.phase)) server.gradient = combined.vec("gradient");
      if (asks_steps(*combined.phase)) {
        x += combined.vec("update");
        server.momentum = (1 - options.beta) * server.gradient + options.beta * server.momentum;
        return Next(Done{});
      }
    }
    Ask ask;
    ask.common.blocks = {dense_block("x", as_span(x))};
    const bool is_second = !combined.starts_round();
    if (is_second || options.lite) {
      ask.common.blocks.push_back(dense_block("m", as_span(server.momentum)));
    }
    if (is_second) {
      ask.phase = 1;
      ask.who = Who::accepted;
      ask.common.blocks.push_back(dense_block("c", as_span(server.gradient)));
    }
    return Next(std::move(ask));
  }

  Result<void> answer(ClientContext& client, const Ask& ask, Oracle& oracle, Reply& reply) const {
    const auto x = as_vec(ask.common.at("x").doubles());
    if (oracle.rows() == 0) return {};
    if (asks_gradient(ask.phase)) oracle.gradient(x, reply.values("gradient"));
    if (!asks_steps(ask.phase)) return {};
    const auto m = as_vec(ask.common.at("m").doubles());
    const Block* mean = ask.common.find("c");
    Vec& at_x = client.buffer(0);
    at_x.resize(x.size());
    auto y = reply.values("update");
    y = x;
    run_local(client, options, oracle, y, [&](Oracle& batch, VecView, VecRef g) {
      if (mean != nullptr) {
        batch.gradient(x, at_x);
        g += as_vec(mean->doubles()) - at_x;
      }
      g = (1 - options.beta) * g + options.beta * m;
    });
    y -= x;
    return {};
  }
};

}  // namespace cohort
