#pragma once
// SCAFFOLD: federated averaging with control variates that cancel the drift of the clients.
//   client i   y_i ← x, K times  y_i ← y_i − η_l (g_i(y_i) − c_i + c)
//              c_i⁺ = c_i − c + (x − y_i)/(K η_l)     (option II: control = "steps"), or
//              c_i⁺ = ∇f_i(x) on all rows             (option I: control = "gradient")
//              c_i⁺ = the first of the g_i(y_i), at x                (control = "first_estimate")
//              c_i⁺ = the mean of the K of them, at y_i              (control = "mean_estimate")
//   server     x ← x + η_g Σ_S p_i (y_i − x) / Σ_S p_i
//              c ← c + Σ_S p_i (c_i⁺ − c_i)
// -----------------------------------------------------------------------------------------------
// x, y_i [d] model and local model; c, c_i [d] control variates of server and client, zero at the
// start; p_i client weights, S the cohort; K η_l the sum of the steps' rates.
// Invariant: c = Σ p_i c_i over all clients. A client sends c_i⁺ − c_i and commits what it sent. A
// compressor acts on both vectors up; both vanish at the optimum, and its error with them.
// Source: Karimireddy et al., SCAFFOLD: stochastic controlled averaging for federated learning,
//   ICML 2020, algorithm 1. Deviation: weights p_i where the paper has 1/N.
// Option II reads the mean gradient off the steps, so it needs plain sgd; there "mean_estimate" is
// the same. The last two take any optimizer and any estimator, and cost no more than the steps:
// with zeroth_order they are the SCAFFOLD I and II that FZooS is compared with. A robust rule would
// use some updates and not others while c counts all, so it is refused.
// Cost a round: 1 ask; 2 vectors down, 2 up; client state 1 vector; option I 1 more gradient.

#include "algorithms/local.hpp"
#include "algorithms/method.hpp"

namespace cohort {

enum class ScaffoldControl : std::uint8_t { steps, gradient, first_estimate, mean_estimate };
inline std::vector<std::pair<std::string, ScaffoldControl>> option_names(ScaffoldControl) {
  return {{"steps", ScaffoldControl::steps},
          {"gradient", ScaffoldControl::gradient},
          {"first_estimate", ScaffoldControl::first_estimate},
          {"mean_estimate", ScaffoldControl::mean_estimate}};
}

struct Scaffold : OneRound {
  static constexpr std::string_view name = "scaffold";
  static constexpr std::string_view summary = "averages local steps corrected by control variates";
  static constexpr std::string_view source = "Karimireddy et al., ICML 2020";
  struct Options : LocalWork {
    ScaffoldControl control = ScaffoldControl::steps;
    static void declare(OptionTable<Options>& t) {
      LocalWork::declare(t);
      t.add("control", &Options::control,
            "the new control variate: read off the local steps, a gradient at x of all rows, or "
            "the first or the mean of what the local estimator gave");
    }
  };
  struct ServerState {
    Vec c;  // [d]
    static ServerState start(const Layout& layout) {
      return {Vec::Zero(static_cast<Index>(layout.shared()))};
    }
    template <class V>
    void fields(V&& v) {
      v("c", c);
    }
  };
  using ClientState = ServerState;
  Options options;

  MethodNeeds needs() const {
    const bool asks_gradient = options.control == ScaffoldControl::gradient;
    return {.oracle = asks_gradient ? Capabilities{Query::gradient} : Capabilities{},
            .uses_local = true,
            .uses_server = true,
            .has_mirrored_state = true};
  }
  void validate(const LocalPipeline& local, const ConfigNode& given, const std::string& path,
                Mistakes& mistakes) const {
    cohort::validate(options, given, path, mistakes);
    const bool is_plain = local.optimizer->name() == "sgd" && local.chain.transforms.empty();
    if (options.control != ScaffoldControl::steps || is_plain) return;
    mistakes.add(given.spot,
                 path +
                     ".local: scaffold with control = \"steps\" reads gradients off the local "
                     "steps, which needs the optimizer sgd and no transforms; the other "
                     "controls work with any");
  }
  std::vector<Phase> phases(const Layout& layout) const {
    const std::uint64_t d = layout.shared();
    return {
        {.name = "local steps",
         .down = {{.name = "x", .length = d}, {.name = "c", .length = d}},
         .up = {{.name = "update", .length = d, .combine = Combine::mean, .is_update = true},
                {.name = "control", .length = d, .combine = Combine::sum, .is_compressed = true}}}};
  }

  Ask ask(ServerContext&, const Vec& x, ServerState& server) const {
    Ask ask;
    ask.common.blocks = {dense_block("x", as_span(x)), dense_block("c", as_span(server.c))};
    return ask;
  }
  Result<void> answer(ClientContext& client, const Ask& ask, Oracle& oracle, Reply& reply) const {
    const auto x = as_vec(ask.common.at("x").doubles());
    const auto c = as_vec(ask.common.at("c").doubles());
    const Vec& own = client.state<ClientState>().c;
    auto y = reply.values("update");
    auto control = reply.values("control");  // c_i⁺ − c_i
    y = x;
    std::uint64_t summed = 0;  // estimates, in `control`
    const LocalRun run = run_local(client, options, oracle, y, [&](Oracle&, VecView, VecRef g) {
      if (options.control == ScaffoldControl::mean_estimate ||
          (options.control == ScaffoldControl::first_estimate && summed == 0)) {
        control += g;
        ++summed;
      }
      g += c - own;
    });
    y -= x;
    if (oracle.rows() == 0) return {};
    if (summed > 0) {
      control = control / static_cast<double>(summed) - own;
    } else if (options.control == ScaffoldControl::gradient) {
      oracle.gradient(x, control);
      control -= own;
    } else if (run.rate_sum > 0) {
      control = -c - y / run.rate_sum;
    }
    return {};
  }
  void commit(ClientState& client, const Payload& sent) const {
    sent.at("control").add_to(1.0, as_mutable_span(client.c));
  }
  void finish(ServerContext& server, Vec& x, ServerState& state, Combined& combined) const {
    server.step(x, combined.vec("update"));
    state.c += combined.vec("control");
  }
  double invariant_gap(const ServerState& server,
                       const std::vector<std::pair<double, const ClientState*>>& clients) const {
    return mirror_gap(server.c, clients, [](const ClientState& s) -> const Vec& { return s.c; });
  }
};

}  // namespace cohort
