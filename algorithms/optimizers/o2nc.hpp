#pragma once
// Online-to-nonconvex conversion: increments learned online, gradients asked at a random point of
// the increment. Two variants; Δ = 0 at the start.
//   exponential   w ← w + s Δ,  s ~ Exp(1);              then g at w, and
//                 Δ ← β (Δ − η g)/(1 + η μ)
//   block         w ← x + s Δ,  s ~ U(0, 1);             then g at w, and
//                 x ← x + Δ,  Δ ← Proj_D(Δ − η g);  every `period` steps Δ ← 0
// -----------------------------------------------------------------------------------------------
// w, x, Δ, g [d]; w is the model, where the next gradient is asked; D = diameter, the bound of ‖Δ‖.
// They rest on E_s⟨∇f(x + sΔ), Δ⟩ = f(x + Δ) − f(x) (block), E_s f(x + sΔ) − f(x) =
// E_s⟨∇f(x + sΔ), Δ⟩ (exponential): what the learner loses is what f falls.
// Source: Cutkosky, Mehta, Orabona, Optimal stochastic non-smooth non-convex optimization through
//   online-to-non-convex conversion, ICML 2023 (block, with η = D/(G√T), D = δ/T, T = period);
//   Zhang, Cutkosky, Random scaling and momentum for non-smooth non-convex optimization, ICML 2024
//   (exponential). Output: the papers' is a mean of w over a block, or an average with weights
//   β^{t−s}; here the model is w itself.
// β = 0 and s = 1 would be SGD. Cost a step: two passes; memory 1 vector, block 2.

#include "algorithms/pipeline.hpp"
#include "algorithms/rate.hpp"

namespace cohort {

enum class Conversion : std::uint8_t { exponential, block };
inline std::vector<std::pair<std::string, Conversion>> option_names(Conversion) {
  return {{"exponential", Conversion::exponential}, {"block", Conversion::block}};
}

struct O2nc {
  static constexpr std::string_view name = "o2nc";
  static constexpr std::string_view summary =
      "increments learned online, for functions neither smooth nor convex";
  static constexpr std::string_view source =
      "Cutkosky, Mehta, Orabona, ICML 2023; Zhang, Cutkosky, ICML 2024";
  struct Options {
    Conversion variant = Conversion::exponential;
    Rate learning_rate = 0.01;
    double beta = 0.99;
    double mu = 0;
    double diameter = 0.1;
    std::uint64_t period = 10;
    static void declare(OptionTable<Options>& t) {
      t.add("variant", &Options::variant, "law of s, and the learner");
      t.add("learning_rate", &Options::learning_rate, rate_bounds, "η: step of the increment");
      t.add("beta", &Options::beta, probability,
            "β: how much of an increment is kept; exponential");
      t.add("mu", &Options::mu, non_negative, "μ: regularisation of the increment; exponential");
      t.add("diameter", &Options::diameter, positive, "D: longest increment; block");
      t.add("period", &Options::period, at_least(1), "steps of a block; block");
    }
  };
  Options options;
  struct Memory {
    Vec delta;  // Δ [d]
    Vec x;      // [d], of block; empty before the first step
    std::uint64_t steps = 0;
    void start(std::size_t d) {
      delta.setZero(static_cast<Index>(d));
      x.resize(0);
      steps = 0;
    }
    template <class V>
    void fields(V&& visit) {
      visit("delta", delta);
      visit("x", x);
      visit("steps", steps);
    }
  };

  double step(const StepInfo& info, Memory& memory, VecRef w, VecView g, double scale) const {
    const double rate = options.learning_rate.at(info.round);
    // Not the numbers of the estimator and the transforms.
    Stream draws = info.stream.sub(std::uint64_t{1} << 33);
    Vec& delta = memory.delta;
    if (options.variant == Conversion::exponential) {
      const double kept = options.beta / (1 + rate * options.mu);
      kernels::axpby(-rate * scale * kept, as_span(g), kept, as_mutable_span(delta));
      kernels::axpy(draws.exponential(), as_span(delta), as_mutable_span(w));
      return rate * kept;
    }
    if (memory.x.size() == 0) memory.x = w;
    memory.x += delta;
    ++memory.steps;
    if (memory.steps % options.period == 0) {
      delta.setZero();
    } else {
      kernels::axpy(-rate * scale, as_span(g), as_mutable_span(delta));
      const double length = kernels::norm(as_span(delta));
      if (length > options.diameter) {
        kernels::scale(options.diameter / length, as_mutable_span(delta));
      }
    }
    w = memory.x;
    kernels::axpy(draws.uniform(), as_span(delta), as_mutable_span(w));
    return rate;
  }
};

}  // namespace cohort
