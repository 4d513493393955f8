#pragma once
// FedKSeed: all steps are along the directions of a finite pool, so a model is a number a
// direction.
//   everybody  x = x₀ − η Σ_j a_j z_j                      a [M] on the server, zero at the start
//   client i   y ← x, K times: j at random from the pool,  s = (f_i(y + μ z_j) − f_i(y − μ z_j))/2μ
//                              y ← y − η s z_j,  b_ij ← b_ij + s
//              sends b_i, sparse
//   server     a ← a + Σ_S p_i b_i / Σ_S p_i
// -----------------------------------------------------------------------------------------------
// x, y, z_j [d]; z_j ~ N(0, I) of the j-th seed of a fixed pool, never stored; M = pool, K =
// local_steps, μ = radius, η = learning_rate, a constant; p_i client weights, S the cohort. With
// choice = "size" (FedKSeed-Pro) seed j is drawn with probability softmax of the mean sizes |b_j|
// of the rounds that took it, scaled to [0, 1].
// Invariant: after a round x = Σ_S p_i y_i / Σ_S p_i, since every y_i is x plus multiples of z_j.
// Source: Qin et al., Federated full-parameter tuning of billion-sized language models with
//   communication cost under 18 kilobytes, ICML 2024. Deviations: sizes are of the combined steps,
//   which is all that the server hears of; x is moved by what a round adds to a, where the paper's
//   clients start from x₀ again: the same but for rounding.
// Cost a round: 1 ask; M numbers down (2M for "size"), at most K numbers and indices up, whatever
// d; the model once, when a client comes for the first time; 2K values; client state: the model.

#include <algorithm>
#include <map>

#include "algorithms/methods/seeded_scalars.hpp"

namespace cohort {

enum class SeedChoice : std::uint8_t { uniform, size };
inline std::vector<std::pair<std::string, SeedChoice>> option_names(SeedChoice) {
  return {{"uniform", SeedChoice::uniform}, {"size", SeedChoice::size}};
}

struct FedKSeed : OneRound {
  static constexpr std::string_view name = "fedkseed";
  static constexpr std::string_view summary = "steps along a finite pool of seeded directions";
  static constexpr std::string_view source = "Qin et al., ICML 2024";
  struct Options {
    std::uint64_t pool = 1024;
    std::uint64_t local_steps = 20;
    double radius = 1e-3;
    double learning_rate = 1e-3;
    std::uint64_t batch_size = 0;
    SeedChoice choice = SeedChoice::uniform;
    static void declare(OptionTable<Options>& t) {
      t.add("pool", &Options::pool, Bounds{1, 1e6}, "M: seeds");
      t.add("local_steps", &Options::local_steps, at_least(1), "K: steps in a round");
      t.add("radius", &Options::radius, positive, "μ: how far along a direction f is asked");
      t.add("learning_rate", &Options::learning_rate, positive, "η of a local step");
      t.add("batch_size", &Options::batch_size, non_negative,
            "rows in a step's batch; 0: all rows");
      t.add("choice", &Options::choice, "how clients draw seeds");
    }
  };
  struct Replica {
    Vec x;                    // [d]
    Vec a;                    // [M] that x has
    std::vector<double> law;  // [M] of the seeds, up to a factor; empty: uniform
    template <class V>
    void fields(V&& v) {
      v("x", x);
      v("a", a);
      v("law", law);
    }
  };
  struct ServerState {
    Vec a;       // [M]
    Vec sizes;   // [M] Σ |b_j| over the rounds that took j
    Vec counts;  // [M] of those rounds
    template <class V>
    void fields(V&& v) {
      v("a", a);
      v("sizes", sizes);
      v("counts", counts);
    }
  };
  Options options;

  MethodNeeds needs() const { return {.oracle = {Query::value}}; }
  std::vector<Phase> phases(const Layout& layout) const {
    std::vector<BlockSpec> down{{.name = "a", .form = Form::scalars, .length = options.pool},
                                {.name = "d", .form = Form::scalars, .length = 1}};
    if (options.choice == SeedChoice::size) {
      down.push_back({.name = "law", .form = Form::scalars, .length = options.pool});
    }
    const std::vector<BlockSpec> up{
        {.name = "steps", .form = Form::sparse, .length = options.pool, .combine = Combine::rule}};
    return {{.name = "start", .down = {{.name = "x", .length = layout.shared()}}, .up = up},
            {.name = "numbers", .down = down, .up = up}};
  }

  Ask ask(ServerContext&, const Vec& x, ServerState& state) const {
    Ask ask;
    if (state.a.size() == 0) {
      const auto pool = static_cast<Index>(options.pool);
      state.a = state.sizes = state.counts = Vec::Zero(pool);
      ask.common.blocks = {dense_block("x", as_span(x))};
      return ask;
    }
    ask.phase = 1;
    const double d = static_cast<double>(x.size());
    ask.common.blocks = {scalars_block("a", as_span(state.a)),
                         scalars_block("d", std::span(&d, 1))};
    if (options.choice == SeedChoice::size) {
      ask.common.blocks.push_back(scalars_block("law", law(state)));
    }
    return ask;
  }
  void observe(Replica& replica, const Ask& ask) const {
    if (const Block* x = ask.common.find("x")) {
      replica.x = as_vec(x->doubles());
      replica.a = Vec::Zero(static_cast<Index>(options.pool));
      return;
    }
    const auto a = as_vec(ask.common.at("a").doubles());
    move(replica.x, replica.a, a);
    replica.a = a;
    if (const Block* law = ask.common.find("law")) {
      replica.law.assign(law->doubles().begin(), law->doubles().end());
    }
  }
  Result<void> answer(ClientContext& client, const Ask&, Oracle& oracle, Reply& reply) const {
    const auto& known = client.known<Replica>();
    std::map<std::uint32_t, double> sums;
    if (oracle.rows() > 0) {
      Vec& y = client.buffer(0);
      y = known.x;
      seeded_scalars::StepRows rows(client, options.batch_size);
      Stream draws = client.stream(Purpose::method);
      for (std::uint64_t k = 0; k < options.local_steps; ++k) {
        const std::uint64_t j =
            known.law.empty() ? draws.below(options.pool) : categorical(draws, known.law);
        Oracle batch = rows.of(oracle, k);
        const double s = seeded_scalars::slope(batch, y, options.radius, direction(j));
        add_seeded(-options.learning_rate * s, direction(j), as_mutable_span(y));
        sums[static_cast<std::uint32_t>(j)] += s;
      }
    }
    std::vector<std::uint32_t> indices;
    std::vector<double> values;
    for (const auto& [j, sum] : sums) {
      indices.push_back(j);
      values.push_back(sum);
    }
    reply.set(sparse_block("steps", options.pool, indices, values));
    return {};
  }
  void finish(ServerContext&, Vec& x, ServerState& state, Combined& combined) const {
    const Vec& b = combined.vec("steps");
    const Vec a = state.a + b;
    move(x, state.a, a);
    state.a = a;
    state.sizes += b.cwiseAbs();
    for (Index j = 0; j < b.size(); ++j) state.counts[j] += b[j] != 0 ? 1 : 0;
  }
  /// A client that comes for the first time gets the model beside what the others get.
  std::uint64_t bytes_down(const Ask& ask, std::optional<AskId> last) const {
    constexpr std::uint64_t header = 16, number = 8;
    const std::uint64_t common = ask.common.encoded_size();
    const Block* d = ask.common.find("d");
    if (last || d == nullptr) return common;
    return common + header + number * static_cast<std::uint64_t>(d->doubles()[0]);
  }

  static SeededDirection direction(std::uint64_t j) { return seeded_scalars::direction(0, j); }
  /// x ← x − η Σ_j (to_j − from_j) z_j
  void move(Vec& x, const Vec& from, VecView to) const {
    for (Index j = 0; j < to.size(); ++j) {
      const double change = to[j] - from[j];
      if (change == 0) continue;
      add_seeded(-options.learning_rate * change, direction(static_cast<std::uint64_t>(j)),
                 as_mutable_span(x));
    }
  }

 private:
  // exp of the mean sizes scaled to [0, 1]; a seed that no round took has the mean of the others.
  std::vector<double> law(const ServerState& state) const {
    std::vector<double> sizes(options.pool);
    const double taken = kernels::sum(as_span(state.counts));
    const double mean = taken == 0 ? 0 : kernels::sum(as_span(state.sizes)) / taken;
    for (std::size_t j = 0; j < sizes.size(); ++j) {
      const auto i = static_cast<Index>(j);
      sizes[j] = state.counts[i] == 0 ? mean : state.sizes[i] / state.counts[i];
    }
    const auto [low, high] = std::minmax_element(sizes.begin(), sizes.end());
    const double least = *low;
    const double range = *high - least;
    for (double& s : sizes) s = range == 0 ? 0 : (s - least) / range;
    kernels::exp(sizes, sizes);
    return sizes;
  }
};

}  // namespace cohort
