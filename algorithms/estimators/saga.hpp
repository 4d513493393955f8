#pragma once
// SAGA: a batch gradient, corrected by what is remembered of its rows.
//   g ← ∇f_B(w) − (1/|B|) Σ_{j∈B} φ_j + φ̄
//   φ_j ← ∇ℓ_j(w) for j ∈ B,   φ̄ = (1/n) Σ_j φ_j
// -----------------------------------------------------------------------------------------------
// w, g [d] model and surrogate; B the step's batch of the client's n rows; φ_j = r_j a_j with a_j
// [d] the row and r_j its residual, which is all that is kept of it; φ̄ [d] moves with each φ_j. The
// regulariser is not remembered: ∇f_B holds its exact gradient. φ_j = ∇ℓ_j of the first w.
// Source: Defazio, Bach, Lacoste-Julien, SAGA: a fast incremental gradient method with support for
//   non-strongly convex composite objectives, NeurIPS 2014; here with batches. Deviation: for
//   generalised linear models of one output only, whose gradients are multiples of the rows.
// Unbiased for ∇f(w) over the batches. The table is the client's, and lasts over rounds.
// Cost a step: 1 gradient and 1 linear view of |B| rows, the first also one of all rows; memory 1
// vector and n numbers.

#include "algorithms/pipeline.hpp"
#include "core/options.hpp"

namespace cohort {

struct Saga {
  static constexpr std::string_view name = "saga";
  static constexpr std::string_view summary = "batch gradients corrected by remembered residuals";
  static constexpr std::string_view source = "Defazio, Bach, Lacoste-Julien, NeurIPS 2014";
  static constexpr Capabilities needs{Query::gradient, Query::linear_view};
  static constexpr bool uses_batches = true;
  struct Options {
    static void declare(OptionTable<Options>&) {}
  };
  Options options;
  struct Memory {
    std::vector<double> residuals;  // r_j [n]; empty before the first step
    Vec mean;                       // φ̄ [d]
    void start(std::size_t d) {
      residuals.clear();
      mean.setZero(static_cast<Index>(d));
    }
    template <class V>
    void fields(V&& visit) {
      visit("residuals", residuals);
      visit("mean", mean);
    }
  };

  double estimate(const StepInfo&, Memory& memory, Oracle& all, Oracle& batch, VecView w,
                  VecRef g) const {
    const double n = static_cast<double>(all.rows()), b = static_cast<double>(batch.rows());
    if (memory.residuals.size() != all.rows()) {
      LinearView view = all.linear_view(w);
      memory.mean.setZero();
      for (std::size_t j = 0; j < view.rows.size(); ++j) {
        add(view.residuals[j] / n, view.rows[j], memory.mean);
      }
      memory.residuals = std::move(view.residuals);
    }
    const double value = batch.gradient(w, g);
    const LinearView view = batch.linear_view(w);
    g += memory.mean;
    const auto picks = batch.sample().picks;
    for (std::size_t j = 0; j < view.rows.size(); ++j) {
      double& kept = memory.residuals[picks.empty() ? j : picks[j]];
      add(-kept / b, view.rows[j], g);
      add((view.residuals[j] - kept) / n, view.rows[j], memory.mean);
      kept = view.residuals[j];
    }
    return value;
  }

 private:
  static void add(double a, const std::vector<std::pair<std::uint32_t, double>>& row, VecRef to) {
    for (const auto& [i, value] : row) to[static_cast<Index>(i)] += a * value;
  }
};

}  // namespace cohort
