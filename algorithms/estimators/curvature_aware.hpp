#pragma once
// Curvature-aware zeroth order: short steps where the function curves, long ones where it is flat.
//   z_k = H^{−1/2} u_k,  u_k ~ N(0, I),  H diagonal
//   f± = f_B(w ± μ z_k),  s_k = (f₊ − f₋)/2μ,  c_k = (f₊ + f₋ − 2 f_B(w))/μ²
//   g ← (1/q) Σ_k s_k z_k                                   E g = H⁻¹ ∇f_B(w)
//   h_i = (1/q) Σ_k ½ c_k (u_ki² − 1) H_i                   E h_i = ∂²f_B/∂w_i²
//   H_i ← max{(1 − α) H_i + α |h_i|, floor}
// -----------------------------------------------------------------------------------------------
// w, z, u, g, H [d], H = 1 at the start; B the step's batch; μ = radius, q = count, α = rate. Both
// expectations are exact for quadratics; g uses the H from before this step.
// Source: Zhao et al., Second-order fine-tuning without pain for LLMs: a Hessian informed
//   zeroth-order optimizer, ICLR 2025. Deviation: u² − 1 where the paper has u², which adds half
//   the trace of H^{−1/2} ∇²f H^{−1/2} to every entry.
// Cost a step: 2q + 1 values of |B| rows; memory 4 vectors.

#include "algorithms/pipeline.hpp"
#include "core/options.hpp"

namespace cohort {

struct CurvatureAware {
  static constexpr std::string_view name = "curvature_aware";
  static constexpr std::string_view summary =
      "differences of values along directions shaped by a diagonal of curvatures";
  static constexpr std::string_view source = "Zhao et al., ICLR 2025";
  static constexpr Capabilities needs{Query::value};
  static constexpr bool uses_batches = true;
  struct Options {
    std::uint64_t count = 1;
    double radius = 1e-3;
    double rate = 1e-2;
    double floor = 1e-3;
    static void declare(OptionTable<Options>& t) {
      t.add("count", &Options::count, at_least(1), "directions a step");
      t.add("radius", &Options::radius, positive, "μ: how far along a direction f is asked");
      t.add("rate", &Options::rate, probability, "α: how much a new curvature counts");
      t.add("floor", &Options::floor, positive, "least curvature of a coordinate");
    }
  };
  Options options;
  struct Memory {
    Vec h;                    // H [d]
    Vec z, probe, curvature;  // room for a step
    void start(std::size_t d) { h.setOnes(static_cast<Index>(d)); }
    template <class V>
    void fields(V&& visit) {
      visit("h", h);
    }
  };

  /// Returns f_B(w).
  double estimate(const StepInfo& info, Memory& memory, Oracle&, Oracle& batch, VecView w,
                  VecRef g) const {
    const double mu = options.radius;
    const double share = 1 / static_cast<double>(options.count);
    Vec& z = memory.z;
    z.resize(w.size());
    memory.curvature.setZero(w.size());
    g.setZero();
    const double value = batch.value(w);
    for (std::uint64_t k = 0; k < options.count; ++k) {
      info.stream.sub(k).fill_normal(as_mutable_span(z));
      z.array() /= memory.h.array().sqrt();
      memory.probe = w + mu * z;
      const double ahead = batch.value(memory.probe);
      memory.probe = w - mu * z;
      const double behind = batch.value(memory.probe);
      const double c = ((ahead - value) + (behind - value)) / (mu * mu);
      g += share * (ahead - behind) / (2 * mu) * z;
      // (u² − 1) H = (z² H − 1) H
      memory.curvature.array() +=
          share * c / 2 * (z.array().square() * memory.h.array() - 1) * memory.h.array();
    }
    memory.h = ((1 - options.rate) * memory.h + options.rate * memory.curvature.cwiseAbs())
                   .cwiseMax(options.floor);
    return value;
  }
};

}  // namespace cohort
