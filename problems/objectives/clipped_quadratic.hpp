#pragma once
// The black-box quadratics of FZooS, on a box:
//   f_i(x) = (0.1/d) (Σ_j a_ij z_j² + Σ_j b_ij z_j + 1),   z_j = −10 + 20 clip(x_j, 0, 1)
//   a_·j = 1 + C (π − 1/N), b_·j = 1 + C (π' − 1/N)        π, π' ~ Dirichlet(1/N, …, 1/N), N
//   clients
// Evenly weighted clients have Σ a_ij/N = Σ b_ij/N = 1, so that whatever C is the mean is
//   F(x) = (0.1/d) (‖z‖² + 1ᵀz + 1),  least at z = −½, x = 0.475, where F* = −0.025 + 0.1/d.
// For C > N some f_i are not convex. Outside the box f_i is constant along the axes that are out.
// Source: Shu, Lin, Dai, Low, Federated zeroth-order optimization using trajectory-informed
//   surrogate gradients, 2023, section 6.1, and its code.

#include <cstdint>
#include <memory>
#include <string_view>

#include "core/options.hpp"
#include "core/oracle.hpp"

namespace cohort {

struct ClippedQuadraticOptions {
  std::uint64_t dimension = 300;
  double divergence = 0.5;

  static void declare(OptionTable<ClippedQuadraticOptions>& t) {
    t.add("dimension", &ClippedQuadraticOptions::dimension, Bounds{1, 1e7}, "d");
    t.add("divergence", &ClippedQuadraticOptions::divergence, non_negative,
          "C: how much clients differ; 0: not at all");
  }
};

/// One row a client and none in the evaluation sets, so loss and value are f_i. Stream (seed,
/// synthetic_problem): sub 0 gives the start, uniform in the box, sub 1 + 2j and 2 + 2j π and π' of
/// coordinate j.
class ClippedQuadratic final : public Function {
 public:
  ClippedQuadratic(const ClippedQuadraticOptions& options, std::uint64_t seed,
                   std::uint64_t clients);

  std::string_view name() const override { return "clipped_quadratic"; }
  const Layout& layout() const override { return layout_; }
  Capabilities capabilities() const override {
    return {Query::value, Query::losses, Query::gradient, Query::hvp, Query::jvp};
  }
  std::uint64_t rows(RowSource source, ClientId client) const override;
  Vec start() const override { return start_; }

  double value(Context, const Sample&, VecView x) const override;
  void losses(Context, const Sample&, VecView x, std::span<double> out) const override;
  double gradient(Context, const Sample&, VecView x, std::span<const double> weights,
                  VecRef g) const override;
  /// 0 along the axes on which x is out of the box, or on its edge.
  void hvp(Context, const Sample&, VecView x, VecView v, VecRef out) const override;
  double jvp(Context, const Sample&, VecView x, VecView v) const override;

  bool has_minimiser() const override { return true; }
  /// Exact for any weights.
  Vec minimiser(std::span<const double> weights) const override;

 private:
  Layout layout_;
  Vec start_;   // [d]
  Mat square_;  // [d × N] a
  Mat linear_;  // [d × N] b
};

/// What scenarios know as type = "clipped_quadratic".
struct ClippedQuadraticProblem {
  static constexpr std::string_view name = "clipped_quadratic";
  static constexpr std::string_view summary =
      "quadratics on a box whose mean is known however much clients differ";
  static constexpr std::string_view source = "Shu, Lin, Dai, Low, 2023";
  using Options = ClippedQuadraticOptions;

  /// Errors: no clients.
  static Result<std::unique_ptr<Function>> make(const Options& options, std::uint64_t seed,
                                                std::uint64_t clients);
};

}  // namespace cohort
