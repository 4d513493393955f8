#pragma once
// Gaussian: sends N(0, σ²) in each coordinate, whatever the honest block was.
// Blanchard et al., NeurIPS 2017, section 5 (σ = 200 there). Cost: one draw a coordinate.

#include "algorithms/aggregation.hpp"
#include "core/kernels.hpp"
#include "core/options.hpp"

namespace cohort {

struct Gaussian {
  static constexpr std::string_view name = "gaussian";
  static constexpr std::string_view summary = "sends normal noise instead of an update";
  static constexpr std::string_view source = "Blanchard et al., NeurIPS 2017";
  struct Options {
    double sigma = 1.0;
    static void declare(OptionTable<Options>& t) {
      t.add("sigma", &Options::sigma, positive, "standard deviation of a coordinate");
    }
  };
  Options options;

  void craft(const Stream& stream, VecRef block) const {
    stream.fill_normal(as_mutable_span(block));
    kernels::scale(options.sigma, as_mutable_span(block));
  }
};

}  // namespace cohort
