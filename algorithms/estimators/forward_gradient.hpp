#pragma once
// Forward gradient: exact directional derivatives along random directions, without
// backpropagation.
//   g ← (c/q) Σ_k ⟨∇f_B(w), z_k⟩ z_k
// -----------------------------------------------------------------------------------------------
// w, z_k, g [d]; B the step's batch; q = count; directions and their constant c as in
// directions.hpp. Unbiased for ∇f_B(w); of one gaussian direction E‖g‖² = (d + 2)‖∇f_B(w)‖².
// Source: Baydin, Pearlmutter, Syme, Wood, Torr, Gradients without backpropagation, 2022.
// Cost a step: q Jacobian-vector products of |B| rows; memory 1 vector, q for orthonormal.

#include "algorithms/estimators/directions.hpp"

namespace cohort {

struct ForwardGradient {
  static constexpr std::string_view name = "forward_gradient";
  static constexpr std::string_view summary = "directional derivatives along random directions";
  static constexpr std::string_view source = "Baydin, Pearlmutter, Syme, Wood, Torr, 2022";
  static constexpr Capabilities needs{Query::jvp};
  static constexpr bool uses_batches = true;
  struct Options {
    Direction direction = Direction::gaussian;
    std::uint64_t count = 1;
    static void declare(OptionTable<Options>& t) {
      t.add("direction", &Options::direction, "law of the directions");
      t.add("count", &Options::count, at_least(1), "directions a step");
    }
  };
  Options options;
  struct Memory {
    Vec z;  // room for a step
    void start(std::size_t) {}
    template <class V>
    void fields(V&&) {}
  };

  double estimate(const StepInfo& info, Memory& memory, Oracle&, Oracle& batch, VecView w,
                  VecRef g) const {
    Directions directions(options.direction, options.count, w.size(), info.stream);
    g.setZero();
    for (std::uint64_t k = 0; k < directions.count(); ++k) {
      directions.next(k, memory.z);
      const double slope = batch.jvp(w, memory.z);
      kernels::axpy(directions.scale() * slope, as_span(memory.z), as_mutable_span(g));
    }
    return std::numeric_limits<double>::quiet_NaN();
  }
};

}  // namespace cohort
