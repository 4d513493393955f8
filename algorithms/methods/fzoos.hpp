#pragma once
// FZooS: local steps along the gradients of Gaussian-process surrogates, each corrected by how far
// the client's surrogate is from that of all.
//   seed of M random features φ                                  server → clients
//   client i   asks f_i at x and at `round_queries` points round x of which its surrogate knows
//   least
//              w_i = the weights of φ over the `feature_window` points nearest to x
//   server     w = Σ_S p_i w_i / Σ_S p_i                         the surrogate of the mean
//   client i   y_i ← x, for t = 1 … K steps of its local pipeline
//                g = ∇μ_i(y_i) + γ_t (∇μ̂_w(y_i) − ∇μ̂_{w_i}(y_i)),   γ_t = t^−correction_decay
//              u_i = y_i − x
//   server     x ← x + η_g Σ_S p_i u_i / Σ_S p_i                 by its optimizer
// -----------------------------------------------------------------------------------------------
// x, y_i, u_i [d]; w, w_i [M]; μ_i the process of the local estimator zord, which also asks f_i on
// the way; μ̂ its approximation by random features (algorithms/surrogate.hpp) of the same kernel and
// noise. ∇μ̂ is linear in the weights, so the correction is one evaluation at w − w_i.
// Source: Shu, Lin, Dai, Low, Federated zeroth-order optimization using trajectory-informed
//   surrogate gradients, 2023. Deviations: the features are exchanged at the start of a round at
//   the x that it starts from, so that the first is corrected too; γ_t = 1/t, as in its code (the
//   paper has a formula of constants that nobody knows); no guard that keeps x if F(x) rose, which
//   costs values and an exchange.
// Without correction (features of weight 0, or one client) it is fedavg with zord.
// Cost a round: 2 asks; 2 d + M down, and a seed, d + M up; state of a client M, and zord's;
// values: 1 + round_queries, and zord's at each step. Arithmetic of a client: n M (d + n) for n =
// feature_window, 2 M d a step. A process holds M (d + 2) numbers.

#include <memory>

#include "algorithms/estimators/zord.hpp"
#include "algorithms/local.hpp"
#include "algorithms/method.hpp"

namespace cohort {

struct FZooS {
  static constexpr std::string_view name = "fzoos";
  static constexpr std::string_view summary =
      "steps of Gaussian-process surrogates, corrected by random features that clients share";
  static constexpr std::string_view source = "Shu, Lin, Dai, Low, 2023";
  struct Options : LocalWork {
    std::uint64_t features = 1000;
    std::uint64_t feature_window = 150;
    std::uint64_t round_queries = 50;
    std::uint64_t round_candidates = 200;
    double correction_decay = 1;
    static void declare(OptionTable<Options>& t) {
      LocalWork::declare(t);
      t.add("features", &Options::features, Bounds{1, 1e7}, "M: random features");
      t.add("feature_window", &Options::feature_window, at_least(1),
            "points that the weights of the features are fitted to");
      t.add("round_queries", &Options::round_queries, non_negative,
            "points round x that are asked at the start of a round");
      t.add("round_candidates", &Options::round_candidates, non_negative,
            "points among which those are chosen");
      t.add("correction_decay", &Options::correction_decay, non_negative,
            "step t of a round is corrected by t to the power of minus this; 0: every one fully");
    }
  };
  struct ClientState {
    Vec weights;  // [M] w_i of this round
    template <class V>
    void fields(V&& v) {
      v("weights", weights);
    }
  };
  /// Features of a seed, which a process draws once; not saved, since the seed comes with each Ask.
  struct Replica {
    std::uint64_t d = 0;
    std::uint64_t seed = 0;
    FeatureBasis basis;
    static Replica start(const Layout& layout) { return {layout.shared(), 0, {}}; }
    template <class V>
    void fields(V&& v) {
      v("d", d);
    }
  };
  Options options;

  MethodNeeds needs() const {
    return {
        .oracle = {Query::value}, .uses_local = true, .uses_server = true, .estimator = Zord::name};
  }
  void validate(const LocalPipeline& local, const ConfigNode& given, const std::string& path,
                Mistakes& mistakes) const {
    cohort::validate(options, given, path, mistakes);
    if (local.estimator->name() == Zord::name) return;
    mistakes.add(given.spot, path +
                                 ".local: fzoos corrects the surrogates of the estimator zord, "
                                 "found " +
                                 std::string(local.estimator->name()));
  }
  std::vector<Phase> phases(const Layout& layout) const {
    const std::uint64_t d = layout.shared();
    const BlockSpec x{.name = "x", .length = d};
    const BlockSpec seed{.name = "seed", .form = Form::seed, .length = 1};
    const BlockSpec weights{.name = "weights", .length = options.features};
    const BlockSpec update{
        .name = "update", .length = d, .combine = Combine::rule, .is_update = true};
    return {{.name = "surrogate", .down = {x, seed}, .up = {weights}},
            {.name = "steps", .who = Who::accepted, .down = {x, seed, weights}, .up = {update}}};
  }

  void observe(Replica& replica, const Ask& ask) const {
    const auto seed = ask.common.at("seed").data.as<std::uint64_t>()[0];
    if (replica.seed == seed && replica.basis.size() == options.features) return;
    replica.seed = seed;
    replica.basis = FeatureBasis(options.features, replica.d, Stream(seed, Purpose::directions));
  }
  Result<Next> next(ServerContext& server, Vec& x, NoState&, Combined&& combined) const {
    const bool has_steps = !combined.starts_round() && *combined.phase == 1;
    if (has_steps) {
      server.step(x, combined.vec("update"));
      return Next(Done{});
    }
    Ask ask;
    ask.common.blocks = {dense_block("x", as_span(x)),
                         seed_block("seed", Stream(server.seed, Purpose::directions).bits_at(0))};
    if (!combined.starts_round()) {
      ask.phase = 1;
      ask.who = Who::accepted;
      ask.common.blocks.push_back(dense_block("weights", as_span(combined.vec("weights"))));
    }
    return Next(std::move(ask));
  }

  Result<void> answer(ClientContext& client, const Ask& ask, Oracle& oracle, Reply& reply) const {
    if (oracle.rows() == 0) return {};
    const auto& zord = static_cast<const EstimatorOf<Zord>&>(*client.local->estimator).stage();
    const RandomFeatures features(client.known<Replica>().basis, zord.options.radial());
    const auto x = as_vec(ask.common.at("x").doubles());
    if (ask.phase == 0) {
      const auto d = static_cast<std::size_t>(x.size());
      State& estimator = client.pipeline_state->estimator;
      if (estimator.empty()) client.local->estimator->start(estimator, d);
      auto& memory = estimator.as<Zord::Memory>();
      zord.start_round(memory, d);
      zord.ask(memory, oracle, x);
      zord.explore(client.stream(Purpose::directions), memory, oracle, x, options.round_queries,
                   options.round_candidates);
      Vec& own = client.next_state<ClientState>().weights;
      own = features.fit(memory.store, ask.common.at("x").doubles(), options.feature_window,
                         zord.options.noise);
      reply.values("weights") = own;
      return {};
    }
    Vec& difference = client.buffer(0);  // w − w_i
    difference = as_vec(ask.common.at("weights").doubles()) - client.state<ClientState>().weights;
    auto y = reply.values("update");
    y = x;
    double t = 0;
    run_local(client, options, oracle, y, [&](Oracle&, VecView at, VecRef g) {
      t += 1;
      features.add_gradient(kernels::pow(t, -options.correction_decay), difference, at, g);
    });
    y -= x;
    return {};
  }
};

}  // namespace cohort
