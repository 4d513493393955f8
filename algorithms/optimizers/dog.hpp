#pragma once
// DoG, distance over gradients: SGD whose rate is found on the way.
//   r̄ ← max(r̄, ‖w − w₀‖)          G ← G + ‖g‖²
//   w ← w − η c r̄/√G · g
// -----------------------------------------------------------------------------------------------
// w, g [d] model and surrogate; w₀ the model at the first step; r̄ = ρ (1 + ‖w₀‖) and G = ε at the
// start; ρ = initial, ε = 1e-8, c = learning_rate of the round, which is 1 unless a schedule is
// wanted. `per_tensor` is L-DoG: w₀, r̄ and G of each segment of the layout by itself.
// Scaling the function by a constant leaves the steps as they are (up to ε).
// Source: Ivgi, Hinder, Carmon, DoG is SGD's best friend, ICML 2023. Deviation: the average of the
//   iterates that the paper recommends for the result is not taken; w is the last iterate.
// Cost a step: two passes over two vectors; memory 1 vector.

#include "algorithms/pipeline.hpp"
#include "algorithms/rate.hpp"

namespace cohort {

struct DoG {
  static constexpr std::string_view name = "dog";
  static constexpr std::string_view summary = "distance moved over gradients seen: no rate to tune";
  static constexpr std::string_view source = "Ivgi, Hinder, Carmon, ICML 2023";
  static constexpr double epsilon = 1e-8;
  struct Options {
    Rate learning_rate = 1.0;
    double initial = 1e-6;
    bool per_tensor = false;
    static void declare(OptionTable<Options>& t) {
      t.add("learning_rate", &Options::learning_rate, rate_bounds, "factor of the found rate");
      t.add("initial", &Options::initial, positive, "first distance, as a share of 1 + ‖w₀‖");
      t.add("per_tensor", &Options::per_tensor, "L-DoG: a rate for each tensor");
    }
  };
  Options options;
  struct Memory {
    Vec start_point;  // w₀ [d]
    Vec distance;     // r̄, one a tensor
    Vec squares;      // G, one a tensor; empty before the first step
    void start(std::size_t d) {
      start_point.setZero(static_cast<Index>(d));
      distance.resize(0);
      squares.resize(0);
    }
    template <class V>
    void fields(V&& visit) {
      visit("start_point", start_point);
      visit("distance", distance);
      visit("squares", squares);
    }
  };

  /// The largest rate among the tensors.
  double step(const StepInfo& info, Memory& memory, VecRef w, VecView g, double scale) const {
    const double factor = options.learning_rate.at(info.round);
    const bool is_first = memory.squares.size() == 0;
    double largest = 0;
    Index tensors = 0;
    if (is_first) memory.start_point = w;
    const auto one = [&](std::size_t offset, std::size_t size) {
      const auto x = as_mutable_span(w).subspan(offset, size);
      const auto start = as_span(memory.start_point).subspan(offset, size);
      const auto gradient = as_span(g).subspan(offset, size);
      const Index k = tensors++;
      if (is_first) {
        memory.distance.conservativeResize(tensors);
        memory.squares.conservativeResize(tensors);
        memory.distance[k] = options.initial * (1 + kernels::norm(start));
        memory.squares[k] = epsilon;
      }
      memory.distance[k] =
          std::max(memory.distance[k], std::sqrt(kernels::squared_distance(x, start)));
      memory.squares[k] += scale * scale * kernels::squared_norm(gradient);
      const double rate = factor * memory.distance[k] / std::sqrt(memory.squares[k]);
      kernels::axpy(-rate * scale, gradient, x);
      largest = std::max(largest, rate);
    };
    if (options.per_tensor && info.layout != nullptr) {
      // The model may be the shared part of the layout.
      for (const Segment& s : info.layout->segments()) {
        if (s.offset + s.size() <= static_cast<std::size_t>(w.size())) one(s.offset, s.size());
      }
    } else {
      one(0, static_cast<std::size_t>(w.size()));
    }
    return largest;
  }
};

}  // namespace cohort
