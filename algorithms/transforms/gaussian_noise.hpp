#pragma once
// Gaussian noise on every coordinate of the surrogate.
//   g ← g + σ z,   z ~ N(0, I)
// -----------------------------------------------------------------------------------------------
// g, z [d]; σ = sigma. New noise in every step, from the run's seed.
// Sources: Welling, Teh, Bayesian learning via stochastic gradient Langevin dynamics, ICML 2011; as
//   a model of gradient noise, Zhang et al., Why are adaptive methods good for attention models?,
//   NeurIPS 2020. The draws can be repeated by anyone who knows the seed: no privacy follows.
// Cost a step: one pass and d normals.

#include <array>

#include "algorithms/pipeline.hpp"
#include "core/options.hpp"

namespace cohort {

struct GaussianNoise {
  static constexpr std::string_view name = "gaussian_noise";
  static constexpr std::string_view summary = "adds independent normal noise";
  static constexpr std::string_view source = "Welling, Teh, ICML 2011";
  struct Options {
    double sigma = 1.0;
    static void declare(OptionTable<Options>& t) {
      t.add("sigma", &Options::sigma, non_negative, "standard deviation of a coordinate");
    }
  };
  Options options;

  void apply(const StepInfo& info, NoState, VecView, VecRef g) const {
    std::array<double, 256> z;
    const auto out = as_mutable_span(g);
    for (std::size_t first = 0; first < out.size(); first += z.size()) {
      const auto piece = std::span(z).first(std::min(z.size(), out.size() - first));
      info.stream.fill_normal(piece, first);
      kernels::axpy(options.sigma, piece, out.subspan(first, piece.size()));
    }
  }
};

}  // namespace cohort
