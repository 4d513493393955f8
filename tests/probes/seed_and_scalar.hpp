#pragma once
// A probe of the seams, not a method to use: two-point zeroth order where only a seed and a number
// travel, so that a client which was absent must catch up, here from what its process knows.
//   round t    direction z_t from seed_t, standard normal
//   client i   s_i = (f_i(x + ε z_t) − f_i(x − ε z_t)) / 2ε
//   everybody  x ← x − η s̄_t z_t,  s̄_t = Σ_S p_i s_i / Σ_S p_i
// -----------------------------------------------------------------------------------------------
// x, z_t [d]. Down go seed_t and s̄_{t−1}; a client whose last accepted round is r is charged for
// the t − r numbers that it has missed.

#include "algorithms/method.hpp"

namespace cohort::probes {

struct SeedAndScalar : OneRound {
  static constexpr std::string_view name = "probe_seed";
  static constexpr std::string_view summary = "probe: a replica in each process";
  static constexpr std::string_view source = "none";
  struct Options {
    double learning_rate = 0.01;
    double radius = 1e-4;
    static void declare(OptionTable<Options>& t) {
      t.add("learning_rate", &Options::learning_rate, positive, "step size η");
      t.add("radius", &Options::radius, positive, "distance ε of the two points");
    }
  };
  struct Replica {
    Vec x;                   // [d]
    std::uint64_t seed = 0;  // of the round whose number is awaited
    std::uint64_t steps = 0;
    static Replica start(const Layout& layout) {
      return {Vec::Zero(static_cast<Index>(layout.shared()))};
    }
    template <class V>
    void fields(V&& v) {
      v("x", x);
      v("seed", seed);
      v("steps", steps);
    }
  };
  struct ServerState {
    double last = 0;  // s̄ of the last round
    template <class V>
    void fields(V&& v) {
      v("last", last);
    }
  };
  Options options;

  static void direction(std::uint64_t seed, Vec& z) {
    Stream(seed, Purpose::directions).fill_normal(as_mutable_span(z));
  }
  void step(Vec& x, std::uint64_t seed, double s) const {
    Vec z(x.size());
    direction(seed, z);
    kernels::axpy(-options.learning_rate * s, as_span(z), as_mutable_span(x));
  }

  MethodNeeds needs() const { return {.oracle = {Query::value}}; }
  std::vector<Phase> phases(const Layout&) const {
    return {{.name = "scalar",
             .down = {{.name = "seed", .form = Form::seed, .length = 1},
                      {.name = "last", .form = Form::scalars, .length = 1}},
             .up = {{.name = "s", .form = Form::scalars, .length = 1}}}};
  }
  Ask ask(ServerContext& server, const Vec&, ServerState& state) const {
    Ask ask;
    ask.common.blocks = {seed_block("seed", server.round.value),
                         scalars_block("last", std::span(&state.last, 1))};
    return ask;
  }
  void observe(Replica& replica, const Ask& ask) const {
    if (replica.seed != 0) {
      step(replica.x, replica.seed, ask.common.at("last").doubles()[0]);
      ++replica.steps;
    }
    replica.seed = ask.common.at("seed").data.as<std::uint64_t>()[0];
  }
  Result<void> answer(ClientContext& client, const Ask&, Oracle& oracle, Reply& reply) const {
    const auto& replica = client.known<Replica>();
    Vec z(replica.x.size());
    direction(replica.seed, z);
    const Vec plus = replica.x + options.radius * z, minus = replica.x - options.radius * z;
    reply.values("s")[0] = (oracle.value(plus) - oracle.value(minus)) / (2 * options.radius);
    return {};
  }
  std::uint64_t bytes_down(const Ask& ask, std::optional<AskId> last) const {
    const std::uint64_t missed = ask.id.round - (last ? last->round : 0);
    return ask.common.encoded_size() + (missed - 1) * sizeof(double);
  }
  void finish(ServerContext& server, Vec& x, ServerState& state, Combined& combined) const {
    state.last = combined.vec("s")[0];
    step(x, server.round.value, state.last);
  }
};

}  // namespace cohort::probes
