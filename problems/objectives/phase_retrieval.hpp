#pragma once
// Phase retrieval: a vector from the squares of linear measurements, that is without their signs.
//   ℓ_j(w) = ¼ ((a_jᵀ w)² − y_j)²,   y_j = (a_jᵀ w*)² + noise,   ‖w*‖ = 1
//   a_j = √(1 − h) g_j + √h m_i      g_j and the client's m_i standard normal, h = heterogeneity
// Nonconvex, with the minimisers ±w* and a saddle at 0; ∇f is not Lipschitz.
// Source: Candès, Li, Soltanolkotabi, Phase retrieval via Wirtinger flow: theory and algorithms,
//   IEEE Trans. Inf. Theory 61 (2015), in real numbers.

#include <memory>
#include <string_view>

#include "problems/objectives/squared_forms.hpp"

namespace cohort {

struct PhaseRetrievalOptions : SquaredFormsOptions {
  std::uint64_t dimension = 20;
  static void declare(OptionTable<PhaseRetrievalOptions>& t) {
    t.add("dimension", &PhaseRetrievalOptions::dimension, Bounds{1, 1e6}, "d");
    SquaredFormsOptions::declare(t);
  }
};

/// Client i draws m_i from sub 0 of its stream and g_j from sub 1 + j. Memory: N · rows vectors.
class PhaseRetrieval final : public SquaredForms {
 public:
  static constexpr std::string_view problem = "phase_retrieval";
  PhaseRetrieval(const PhaseRetrievalOptions& options, std::uint64_t seed, std::uint64_t clients);
  std::string_view name() const override { return problem; }
  /// min ‖w ∓ w*‖
  double distance(VecView w, VecView minimiser) const override;

 private:
  double form(std::uint64_t row, VecView w, VecView v) const override;
  void add_form(std::uint64_t row, double c, VecView w, VecRef g) const override;
  std::span<const double> measurement(std::uint64_t row) const {
    return {vectors_.data() + row * layout_.size(), layout_.size()};
  }

  Mat vectors_;  // [d × N · rows] a_j
};

/// What scenarios know as type = "phase_retrieval".
struct PhaseRetrievalProblem {
  static constexpr std::string_view name = PhaseRetrieval::problem;
  static constexpr std::string_view summary =
      "a planted vector from the squares of linear measurements";
  static constexpr std::string_view source =
      "Candès, Li, Soltanolkotabi, IEEE Trans. Inf. Theory 61 (2015)";
  using Options = PhaseRetrievalOptions;

  /// Errors: no clients, or more measurements than memory is for.
  static Result<std::unique_ptr<Function>> make(const Options& options, std::uint64_t seed,
                                                std::uint64_t clients);
};

}  // namespace cohort
