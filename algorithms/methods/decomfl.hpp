#pragma once
// DeComFL: only seeds and numbers travel; who was away replays the numbers that it missed.
//   round t    seed_t, and the numbers of the rounds since the client was last there
//   client i   x ← replay of those rounds
//              y ← x, K times:  s_kp = (f_i(y + μ z_kp) − f_i(y − μ z_kp))/2μ,  p = 1 … P
//                               y ← y − (η/P) Σ_p s_kp z_kp
//              sends s [K × P], forgets y
//   everybody  x ← x − (η/P) Σ_kp s̄_kp z_kp,  s̄ = Σ_S p_i s_i / Σ_S p_i
// -----------------------------------------------------------------------------------------------
// x, y, z_kp [d]; z_kp ~ N(0, I) of seed_t, never stored; K = local_steps, P = directions, μ =
// radius, η = learning_rate of round t; p_i client weights, S the cohort. Server and clients add
// the same multiples in the same order, so their x are the same bits. A robust rule acts on s.
// Source: Li, Ying, Liu, Yang, Achieving dimension-free communication in federated learning via
//   zeroth-order optimization, ICLR 2025.
// K = 1 is zeroth_order with central differences and sgd on f = Σ p_i f_i.
// Cost a round: 1 ask; KP numbers up, KP and a seed down for every round missed, whatever d; the
// model once, when a client comes for the first time; 2KP values; client state: the model.

#include "algorithms/methods/seeded_scalars.hpp"
#include "algorithms/rate.hpp"

namespace cohort {

struct DeComFl : OneRound {
  static constexpr std::string_view name = "decomfl";
  static constexpr std::string_view summary = "seeds and numbers travel, models are replayed";
  static constexpr std::string_view source = "Li, Ying, Liu, Yang, ICLR 2025";
  struct Options {
    std::uint64_t local_steps = 1;
    std::uint64_t directions = 5;
    double radius = 1e-3;
    Rate learning_rate = 1e-2;
    std::uint64_t batch_size = 0;
    static void declare(OptionTable<Options>& t) {
      t.add("local_steps", &Options::local_steps, at_least(1), "K: steps in a round");
      t.add("directions", &Options::directions, at_least(1), "P: of a step");
      t.add("radius", &Options::radius, positive, "μ: how far along a direction f is asked");
      t.add("learning_rate", &Options::learning_rate, rate_bounds, "η of a local step");
      t.add("batch_size", &Options::batch_size, non_negative,
            "rows in a step's batch; 0: all rows");
    }
  };
  /// A round whose numbers are known or awaited.
  struct Pending {
    std::uint64_t seed = 0;
    std::uint64_t round = 0;
    template <class V>
    void fields(V&& v) {
      v("seed", seed);
      v("round", round);
    }
  };
  struct ServerState {
    Pending pending;
    Vec last;  // s̄ [K P] of the round before; empty before the first
    template <class V>
    void fields(V&& v) {
      pending.fields(v);
      v("last", last);
    }
  };
  struct Replica {
    Vec x;  // [d] when the pending round began
    Pending pending;
    template <class V>
    void fields(V&& v) {
      v("x", x);
      pending.fields(v);
    }
  };
  Options options;

  MethodNeeds needs() const { return {.oracle = {Query::value}}; }
  std::vector<Phase> phases(const Layout& layout) const {
    const std::vector<BlockSpec> up{
        {.name = "slopes", .length = numbers(), .combine = Combine::rule}};
    const BlockSpec seed{.name = "seed", .form = Form::seed, .length = 1};
    return {{.name = "start", .down = {{.name = "x", .length = layout.shared()}, seed}, .up = up},
            {.name = "numbers",
             .down = {{.name = "last", .form = Form::scalars, .length = numbers()},
                      {.name = "d", .form = Form::scalars, .length = 1},
                      seed},
             .up = up}};
  }

  Ask ask(ServerContext& server, const Vec& x, ServerState& state) const {
    state.pending = {server.stream(Purpose::directions).bits(), server.round.value};
    Ask ask;
    const bool starts = state.last.size() == 0;
    ask.phase = starts ? 0 : 1;
    if (starts) {
      ask.common.blocks = {dense_block("x", as_span(x))};
    } else {
      const double d = static_cast<double>(x.size());
      ask.common.blocks = {scalars_block("last", as_span(state.last)),
                           scalars_block("d", std::span(&d, 1))};
    }
    ask.common.blocks.push_back(seed_block("seed", state.pending.seed));
    return ask;
  }
  void observe(Replica& replica, const Ask& ask) const {
    if (const Block* x = ask.common.find("x")) {
      replica.x = as_vec(x->doubles());
    } else {
      replay(replica.x, replica.pending, ask.common.at("last").doubles());
    }
    replica.pending = {ask.common.at("seed").data.as<std::uint64_t>()[0], ask.id.round};
  }
  Result<void> answer(ClientContext& client, const Ask&, Oracle& oracle, Reply& reply) const {
    if (oracle.rows() == 0) return {};
    const auto& known = client.known<Replica>();
    Vec& y = client.buffer(0);
    y = known.x;
    seeded_scalars::StepRows rows(client, options.batch_size);
    auto slopes = reply.values("slopes");
    const std::span<double> all(slopes.data(), numbers());
    for (std::uint64_t k = 0; k < options.local_steps; ++k) {
      Oracle batch = rows.of(oracle, k);
      const auto step = all.subspan(k * options.directions, options.directions);
      for (std::uint64_t p = 0; p < options.directions; ++p) {
        step[p] = seeded_scalars::slope(batch, y, options.radius, direction(known.pending, k, p));
      }
      move(y, known.pending, k, step);
    }
    return {};
  }
  void finish(ServerContext&, Vec& x, ServerState& state, Combined& combined) const {
    state.last = combined.vec("slopes");
    replay(x, state.pending, as_span(state.last));
  }
  /// A client that comes for the first time gets the model, the others the numbers that they
  /// missed.
  std::uint64_t bytes_down(const Ask& ask, std::optional<AskId> last) const {
    constexpr std::uint64_t header = 16, number = 8;
    const Block* d = ask.common.find("d");
    if (d == nullptr) return ask.common.encoded_size();
    const std::uint64_t rest = ask.common.at("d").encoded_size() + header + number;  // and the seed
    if (!last) return header + number * static_cast<std::uint64_t>(d->doubles()[0]) + rest;
    const std::uint64_t missed = ask.id.round - last->round;
    return header + missed * numbers() * number + rest + (missed - 1) * number;
  }
  /// x ← x after the round, by its numbers s̄ [K P].
  void replay(Vec& x, const Pending& round, std::span<const double> numbers) const {
    for (std::uint64_t k = 0; k < options.local_steps; ++k) {
      move(x, round, k, numbers.subspan(k * options.directions, options.directions));
    }
  }

 private:
  std::uint64_t numbers() const { return options.local_steps * options.directions; }
  SeededDirection direction(const Pending& round, std::uint64_t k, std::uint64_t p) const {
    return seeded_scalars::direction(round.seed, k * options.directions + p);
  }
  void move(Vec& x, const Pending& round, std::uint64_t k, std::span<const double> slopes) const {
    const double rate =
        options.learning_rate.at(Round(round.round)) / static_cast<double>(options.directions);
    for (std::uint64_t p = 0; p < options.directions; ++p) {
      add_seeded(-rate * slopes[p], direction(round, k, p), as_mutable_span(x));
    }
  }
};

}  // namespace cohort
