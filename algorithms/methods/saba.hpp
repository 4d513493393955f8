#pragma once
// SABA: SOBA with the directions of SAGA, whose table has one entry a client.
//   client i   sends d_i − t_i, then t_i ← d_i            d_i = (g_y, g_yy v + f_y, g_xy v + f_x)
//   server     d = t̄ + Σ_S p_i (d_i − t_i) / Σ_S p_i,   t̄ ← t̄ + Σ_S p_i (d_i − t_i)
//              (y, v, x) ← (y, v, x) − (β d_y, β d_v, γ d_x)
// -----------------------------------------------------------------------------------------------
// As algorithms/methods/soba.hpp; t_i, t̄ [m + 2n] tables, zero at the start; S the cohort.
// Invariant: t̄ = Σ p_i t_i over all clients. A client commits what it sent.
// Source: Dagréou et al., NeurIPS 2022, algorithm 1 with the directions of SABA, whose n terms are
//   here the clients: the variance that constant rates leave is that of the cohort, and vanishes.
// All clients in every round: SOBA, to rounding. A robust rule would use some differences and not
// others while t̄ counts all, so it is refused.
// Cost a round: 1 ask; m + 2n down, m + 2n up; 2 gradients, 1 Hessian product; server state m + 3n,
// client state m + 2n.

#include "algorithms/methods/soba.hpp"

namespace cohort {

struct Saba : OneRound {
  static constexpr std::string_view name = "saba";
  static constexpr std::string_view summary = "single-loop steps with a table of the clients";
  static constexpr std::string_view source = "Dagréou et al., NeurIPS 2022";
  struct Options : TwoLevelWork {};
  /// (y, v, x), as a client sent them, or the mean.
  struct Table {
    Vec y, v, x;  // [n], [n], [m]
    template <class V>
    void fields(V&& visit) {
      visit("table_y", y);
      visit("table_v", v);
      visit("table_x", x);
    }
    static Table start(const Layout& layout) {
      const auto m = static_cast<Index>(layout.upper());
      const Index n = static_cast<Index>(layout.shared()) - m;
      return {Vec::Zero(n), Vec::Zero(n), Vec::Zero(m)};
    }
    /// What belongs to a block.
    Vec& at(std::string_view block) { return block == "y" ? y : block == "v" ? v : x; }
    const Vec& at(std::string_view block) const { return block == "y" ? y : block == "v" ? v : x; }
  };
  struct ClientState {
    Table table;
    OwnedVariables owned;
    static ClientState start(const Layout& layout) { return {Table::start(layout), {}}; }
    template <class V>
    void fields(V&& visit) {
      table.fields(visit);
      owned.fields(visit);
    }
  };
  struct ServerState {
    Vec v;  // [n]
    Table table;
    static ServerState start(const Layout& layout) {
      Table table = Table::start(layout);
      return {table.v, std::move(table)};
    }
    template <class V>
    void fields(V&& visit) {
      visit("v", v);
      table.fields(visit);
    }
  };
  Options options;

  MethodNeeds needs() const {
    return {.oracle = {Query::gradient, Query::hvp, Query::lower}, .has_mirrored_state = true};
  }
  static const std::vector<LevelExchange>& exchanges() {
    return single_loop_exchange(Combine::sum);
  }
  std::vector<Phase> phases(const Layout& layout) const { return phases_of(exchanges(), layout); }

  Ask ask(ServerContext& server, const Vec& w, ServerState& state) const {
    return ask_of(exchanges(), 0, w, {&state.v}, {options.upper_rate.at(server.round)});
  }
  Result<void> answer(ClientContext& client, const Ask& ask, Oracle& oracle, Reply& reply) const {
    COHORT_DO(answer_exchange(client, ask, exchanges(), options, oracle, reply,
                              owned_of<ClientState>(client, oracle)));
    const Table& table = client.state<ClientState>().table;
    for (const Block& block : reply.payload().blocks) {
      reply.values(block.name) -= table.at(block.name);
    }
    return {};
  }
  void commit(ClientState& client, const Payload& sent) const {
    for (const Block& block : sent.blocks) {
      block.add_to(1.0, as_mutable_span(client.table.at(block.name)));
    }
  }
  void finish(ServerContext& server, Vec& w, ServerState& state, Combined& combined) const {
    const double lower = options.lower_rate.at(server.round);
    const auto m = static_cast<Index>(server.layout->upper());
    for (const auto& [block, sum, weight] : combined.values) {
      Vec& mean = state.table.at(block);
      const Vec direction = mean + sum / weight;
      mean += sum;
      if (block == "x") {
        w.head(m) -= options.upper_rate.at(server.round) * direction;
      } else if (block == "v") {
        state.v -= lower * direction;
      } else {
        lower_part(w, *server.layout) -= lower * direction;
      }
    }
  }
  double invariant_gap(const ServerState& server,
                       const std::vector<std::pair<double, const ClientState*>>& clients) const {
    double gap = 0;
    for (const char* block : {"y", "v", "x"}) {
      gap = std::max(
          gap, mirror_gap(server.table.at(block), clients,
                          [&](const ClientState& c) -> const Vec& { return c.table.at(block); }));
    }
    return gap;
  }
};

}  // namespace cohort
