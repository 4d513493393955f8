#pragma once
// Symmetric α-stable noise on every coordinate of the surrogate: the limits of sums with heavy
// tails, Cauchy at α = 1, Gaussian of variance 2 s² at α = 2.
//   g ← g + s X,   X = sin(αV)/cos V · (cos((1 − α)V) / (W cos V))^((1 − α)/α)
// -----------------------------------------------------------------------------------------------
// g [d]; V uniform on (−π/2, π/2), W ~ Exp(1), independent for each coordinate; s = scale, α =
// alpha. E e^{itX} = e^{−|t|^α}. The variance is infinite for α < 2, the mean too for α ≤ 1.
// Source: Chambers, Mallows, Stuck, A method for simulating stable random variables, JASA 71
// (1976). Cost a step: one pass and 2d uniforms.

#include <array>
#include <cmath>
#include <numbers>

#include "algorithms/pipeline.hpp"
#include "core/options.hpp"

namespace cohort {

struct StableNoise {
  static constexpr std::string_view name = "stable_noise";
  static constexpr std::string_view summary = "adds independent α-stable noise";
  static constexpr std::string_view source = "Chambers, Mallows, Stuck, JASA 71 (1976)";
  struct Options {
    double scale = 1.0;
    double alpha = 1.5;
    static void declare(OptionTable<Options>& t) {
      t.add("scale", &Options::scale, non_negative, "what the draws are multiplied by");
      t.add("alpha", &Options::alpha, Bounds{0.1, 2, false, false},
            "index: 1 is Cauchy, 2 is Gaussian");
    }
  };
  Options options;

  void apply(const StepInfo& info, NoState, VecView, VecRef g) const {
    constexpr std::size_t piece = 256;
    using Array = Eigen::Array<double, Eigen::Dynamic, 1, 0, piece, 1>;
    const Stream angles = info.stream.sub(0), exponentials = info.stream.sub(1);
    const double alpha = options.alpha;
    const auto span = [](Array& a) {
      return std::span(a.data(), static_cast<std::size_t>(a.size()));
    };
    for (std::size_t first = 0; first < static_cast<std::size_t>(g.size()); first += piece) {
      const Index n = std::min<Index>(piece, g.size() - static_cast<Index>(first));
      Array v(n), w(n), sine(n), cosine(n), other(n);
      angles.fill_uniform(span(v), first);
      exponentials.fill_uniform(span(w), first);
      v = std::numbers::pi * (v - 0.5);
      kernels::log(span(w), span(w));
      w = -w;
      sine = alpha * v;
      other = (1 - alpha) * v;
      kernels::sin(span(sine), span(sine));
      kernels::cos(span(v), span(cosine));
      kernels::cos(span(other), span(other));
      other = other / (w * cosine);
      kernels::pow(span(other), (1 - alpha) / alpha, span(other));
      g.segment(static_cast<Index>(first), n).array() += options.scale * sine / cosine * other;
    }
  }
};

}  // namespace cohort
