#pragma once
// EF14: compressed updates with error feedback. What compression left out is sent later.
//   client i   u_i = y_i − x after K local steps from x      (K = 1, rate γ: u_i = −γ ∇f_i(x))
//              s_i = C(e_i + u_i),  e_i ← e_i + u_i − s_i
//   server     x ← x + η Σ_S p_i s_i / Σ_S p_i               by its optimizer, η its learning rate
// -----------------------------------------------------------------------------------------------
// x, y_i, u_i, s_i [d] model, local model, update and what is sent; e_i [d] the error memory, zero
// at the start; C the compressor of [method.update]; p_i client weights, S the cohort. Invariant:
// with all clients, η = 1 and K = 1, x + Σ p_i e_i moves as without compression. Source: Seide, Fu,
// Droppo, Li, Yu, 1-bit stochastic gradient descent and its application to
//   data-parallel distributed training of speech DNNs, Interspeech 2014; Karimireddy, Rebjock,
//   Stich, Jaggi, ICML 2019, algorithm 2, for contractive compressors. Local steps are an addition;
//   K = 1 local step is the method of the paper.
// C = identity is fedavg to the bit. The error is bounded for contractive C only. Transforms of
// [method.update] would change e_i + u_i, of which e_i is kept for later, so there are none.
// Cost a round: 1 ask; 1 vector down, 1 compressed up; client state 1 vector.

#include "algorithms/local.hpp"
#include "algorithms/method.hpp"

namespace cohort {

struct Ef14 : OneRound {
  static constexpr std::string_view name = "ef14";
  static constexpr std::string_view summary = "compressed updates; the error is sent later";
  static constexpr std::string_view source = "Seide et al., Interspeech 2014";
  struct Options : LocalWork {
    static void declare(OptionTable<Options>& t) { LocalWork::declare(t); }
  };
  struct ClientState {
    Vec error;  // e_i [d]
    static ClientState start(const Layout& layout) {
      return {Vec::Zero(static_cast<Index>(layout.shared()))};
    }
    template <class V>
    void fields(V&& v) {
      v("error", error);
    }
  };
  Options options;

  MethodNeeds needs() const {
    return {.uses_local = true, .uses_server = true, .compression = Compression::contractive};
  }
  void validate(const LocalPipeline&, const ConfigNode& given, const std::string& path,
                Mistakes& mistakes) const {
    cohort::validate(options, given, path, mistakes);
  }
  std::vector<Phase> phases(const Layout& layout) const {
    const std::uint64_t d = layout.shared();
    return {
        {.name = "local steps",
         .down = {{.name = "x", .length = d}},
         .up = {{.name = "sent", .length = d, .combine = Combine::rule, .is_compressed = true}}}};
  }

  Ask ask(ServerContext&, const Vec& x, NoState&) const {
    Ask ask;
    ask.common.blocks = {dense_block("x", as_span(x))};
    return ask;
  }
  Result<void> answer(ClientContext& client, const Ask& ask, Oracle& oracle, Reply& reply) const {
    const auto x = as_vec(ask.common.at("x").doubles());
    auto y = reply.values("sent");
    y = x;
    run_local(client, options, oracle, y);
    y -= x;
    y += client.state<ClientState>().error;
    client.next_state<ClientState>().error = y;
    return {};
  }
  void commit(ClientState& client, const Payload& sent) const {
    sent.at("sent").add_to(-1.0, as_mutable_span(client.error));
  }
  void finish(ServerContext& server, Vec& x, NoState&, Combined& combined) const {
    server.step(x, combined.vec("sent"));
  }
};

}  // namespace cohort
