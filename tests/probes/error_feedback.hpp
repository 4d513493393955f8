#pragma once
// A probe of the seams, not a method to use: EF21 with top-k, whose mirrored state breaks at the
// first reply that is counted once too often or too little.
//   client i   c_i = TopK(∇f_i(x) − g_i),  g_i ← g_i + c_i
//   server     g ← g + Σ_S p_i c_i,  x ← x − γ g
// -----------------------------------------------------------------------------------------------
// x, g, g_i, c_i [d]. Invariant: g = Σ p_i g_i.
// Source: Richtárik, Sokolov, Fatkhullin, NeurIPS 2021.

#include <cmath>
#include <numeric>

#include "algorithms/method.hpp"

namespace cohort::probes {

struct ErrorFeedback : OneRound {
  static constexpr std::string_view name = "probe_ef21";
  static constexpr std::string_view summary = "probe: mirrored state";
  static constexpr std::string_view source = "Richtárik et al., NeurIPS 2021";
  struct Options {
    double learning_rate = 0.1;
    std::uint64_t kept = 3;
    static void declare(OptionTable<Options>& t) {
      t.add("learning_rate", &Options::learning_rate, positive, "step size γ");
      t.add("kept", &Options::kept, at_least(1), "coordinates that are sent");
    }
  };
  struct ServerState {
    Vec g;
    static ServerState start(const Layout& layout) {
      return {Vec::Zero(static_cast<Index>(layout.shared()))};
    }
    template <class V>
    void fields(V&& v) {
      v("g", g);
    }
  };
  using ClientState = ServerState;
  Options options;

  MethodNeeds needs() const { return {.oracle = {Query::gradient}, .has_mirrored_state = true}; }
  std::vector<Phase> phases(const Layout& layout) const {
    const std::uint64_t d = layout.shared();
    return {{.name = "increment",
             .down = {{.name = "x", .length = d}},
             .up = {{.name = "c", .form = Form::sparse, .length = d, .combine = Combine::sum}}}};
  }
  Ask ask(ServerContext&, const Vec& x, ServerState&) const {
    Ask ask;
    ask.common.blocks = {dense_block("x", as_span(x))};
    return ask;
  }
  Result<void> answer(ClientContext& client, const Ask& ask, Oracle& oracle, Reply& reply) const {
    const Vec x = as_vec(ask.common.at("x").doubles());
    Vec difference(x.size());
    oracle.gradient(x, difference);
    difference -= client.state<ClientState>().g;
    std::vector<std::uint32_t> order(static_cast<std::size_t>(x.size()));
    std::iota(order.begin(), order.end(), 0U);
    std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
      return std::abs(difference[a]) > std::abs(difference[b]);
    });
    order.resize(std::min<std::size_t>(options.kept, order.size()));
    std::sort(order.begin(), order.end());
    std::vector<double> values;
    for (const std::uint32_t i : order) values.push_back(difference[i]);
    reply.set(sparse_block("c", static_cast<std::uint64_t>(x.size()), order, values));
    return {};
  }
  void commit(ClientState& state, const Payload& sent) const {
    sent.at("c").add_to(1.0, as_mutable_span(state.g));
  }
  void finish(ServerContext&, Vec& x, ServerState& server, Combined& combined) const {
    server.g += combined.vec("c");
    x -= options.learning_rate * server.g;
  }
  double invariant_gap(const ServerState& server,
                       const std::vector<std::pair<double, const ClientState*>>& clients) const {
    Vec mean = Vec::Zero(server.g.size());
    for (const auto& [p, client] : clients) mean += p * client->g;
    const double scale = std::max(kernels::norm(as_span(server.g)), 1e-300);
    return std::sqrt(kernels::squared_distance(as_span(server.g), as_span(mean))) / scale;
  }
};

}  // namespace cohort::probes
