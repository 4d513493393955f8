#pragma once
// ZoRD: the gradient of a Gaussian-process surrogate of the values on the way.
//   ask  y = f_B(w), unless the surrogate is sure enough of its gradient: u(w) ≤ trust
//   of `candidates` points uniform in the box w ± radius, ask the `active` ones of largest u
//   g ← ∇μ(w),  μ the process on the `window` points nearest to w of all that were asked
// -----------------------------------------------------------------------------------------------
// w, g [d]; B the step's batch; μ, its kernel, length ℓ and noise σ², and u in [0, 1], the share of
// the prior variance of the gradient that is left, as in algorithms/surrogate.hpp. The first step
// of a round always asks. A point that was asked before is not asked again.
// Source: Shu, Dai, Sng, Verma, Jaillet, Low, Zeroth-order optimization with trajectory-informed
//   derivative estimation, ICLR 2023; active queries as in FZooS (Shu, Lin, Dai, Low, 2023).
//   Deviations: at most one virtual step follows another as long as u stays below `trust`, here u
//   is relative to the prior; values are centred at their mean, not scaled (μ is linear in them).
// A window of K points knows the gradient in at most K directions, so g is about a projection of
// ∇f: shorter, not longer, than it. Where f is not smooth on the scale ℓ it is wrong.
// Cost a step: at most 1 + active values of |B| rows; K² a point that joins or leaves the window,
// stored · d, and with candidates K³ + candidates · K (d + K) arithmetic; memory `memory` points a
// client, and its window.

#include <algorithm>
#include <vector>

#include "algorithms/pipeline.hpp"
#include "algorithms/surrogate.hpp"

namespace cohort {

struct Zord {
  static constexpr std::string_view name = "zord";
  static constexpr std::string_view summary =
      "gradient of a Gaussian process through the values on the way";
  static constexpr std::string_view source =
      "Shu et al., ICLR 2023; Rasmussen, Williams 2006; Rahimi, Recht, NeurIPS 2007";
  static constexpr Capabilities needs{Query::value};
  static constexpr bool uses_batches = true;
  struct Options {
    KernelName kernel = KernelName::rbf;
    double length = 1;
    double noise = 1e-6;
    std::uint64_t window = 150;
    std::uint64_t active = 5;
    std::uint64_t candidates = 100;
    double radius = 0.01;
    double trust = 0;
    std::uint64_t memory = 2000;
    static void declare(OptionTable<Options>& t) {
      t.add("kernel", &Options::kernel, "of the surrogate");
      t.add("length", &Options::length, positive, "ℓ: distance over which f changes");
      t.add("noise", &Options::noise, Bounds{1e-10, 1e6},
            "σ²: variance of the noise of a value, relative to that of f");
      t.add("window", &Options::window, at_least(1), "K: points that the surrogate goes through");
      t.add("active", &Options::active, non_negative, "points asked beside w in a step");
      t.add("candidates", &Options::candidates, non_negative,
            "points among which those are chosen; no more than active: they are not chosen");
      t.add("radius", &Options::radius, positive, "half the width of the box of the candidates");
      t.add("trust", &Options::trust, probability,
            "largest uncertainty u at which a step is taken without asking");
      t.add("memory", &Options::memory, at_least(1), "points that a client keeps between rounds");
    }
    RadialKernel radial() const { return {kernel, length}; }
  };
  Options options;
  struct Memory {
    QueryStore store;
    // Of a round: made anew from the store at its first step, so that it is no state.
    GaussianProcess process;
    void start(std::size_t d) { store.start(d); }
    template <class V>
    void fields(V&& v) {
      v("store", store);
    }
  };

  void start_round(Memory& memory, std::size_t d) const {
    memory.store.forget(options.memory);
    memory.process = GaussianProcess(options.radial(), options.noise, d);
  }
  /// Asks f at w, if it was not asked there; its value.
  double ask(Memory& memory, Oracle& oracle, VecView w) const {
    const auto same = memory.store.nearest(as_span(w), 1);
    if (!same.empty() && std::ranges::equal(memory.store.point(same[0]), as_span(w))) {
      return memory.store.value(same[0]);
    }
    const double value = oracle.value(w);
    memory.store.add(as_span(w), value);
    return value;
  }
  /// Asks the `count` points of a box round w of which the surrogate knows least.
  void explore(const Stream& stream, Memory& memory, Oracle& oracle, VecView w, std::uint64_t count,
               std::uint64_t candidates) const {
    if (count == 0) return;
    const auto d = static_cast<std::size_t>(w.size());
    const std::size_t m = std::max(count, candidates);
    std::vector<double> points(m * d);
    stream.fill_uniform(points);
    for (std::size_t i = 0; i < points.size(); ++i) {
      points[i] = w[static_cast<Index>(i % d)] + options.radius * (2 * points[i] - 1);
    }
    std::vector<std::uint32_t> order(m);
    for (std::uint32_t i = 0; i < m; ++i) order[i] = i;
    if (m > count) {
      memory.process.move_to(memory.store, as_span(w), options.window);
      std::vector<double> u(m);
      memory.process.uncertainties(points, u);
      std::ranges::stable_sort(order,
                               [&](std::uint32_t a, std::uint32_t b) { return u[a] > u[b]; });
    }
    Vec x(w.size());
    for (std::size_t i = 0; i < count; ++i) {
      const auto chosen = std::span<const double>(points).subspan(order[i] * d, d);
      x = as_vec(chosen);
      memory.store.add(chosen, oracle.value(x));
    }
  }

  double estimate(const StepInfo& info, Memory& memory, Oracle&, Oracle& batch, VecView w,
                  VecRef g) const {
    const auto d = static_cast<std::size_t>(w.size());
    if (info.step == 0) start_round(memory, d);
    double value = std::numeric_limits<double>::quiet_NaN();
    bool is_virtual = false;
    if (info.step > 0 && options.trust > 0) {
      double u = 1;
      memory.process.uncertainties(as_span(w), std::span(&u, 1));
      is_virtual = u <= options.trust;
    }
    if (!is_virtual) {
      value = ask(memory, batch, w);
      explore(info.stream, memory, batch, w, options.active, options.candidates);
    }
    memory.process.move_to(memory.store, as_span(w), options.window);
    memory.process.gradient(w, g);
    return value;
  }
};

}  // namespace cohort
