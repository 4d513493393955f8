#pragma once
// Heterogeneous quadratics with a chosen spectrum and a known optimum:
//   f_i(w) = ½ (w − b_i)ᵀ A_i (w − b_i),   A_i = Q_i diag(λ_i) Q_iᵀ,
// with Q_i a product of a few Householder reflections, so that a product with A_i costs O(d).

#include <cstdint>
#include <memory>
#include <string_view>

#include "core/options.hpp"
#include "core/oracle.hpp"

namespace cohort {

struct QuadraticOptions {
  std::uint64_t dimension = 100;
  double smoothness = 1;
  double condition = 10;
  double optimum_spread = 1;
  double spectrum_spread = 0;
  std::uint64_t reflections = 2;

  static void declare(OptionTable<QuadraticOptions>& t) {
    t.add("dimension", &QuadraticOptions::dimension, Bounds{1, 1e9}, "d");
    t.add("smoothness", &QuadraticOptions::smoothness, positive,
          "L, the largest eigenvalue of every client's Hessian");
    t.add("condition", &QuadraticOptions::condition, at_least(1),
          "κ: eigenvalues are spaced evenly on a logarithmic scale from L/κ to L");
    t.add("optimum_spread", &QuadraticOptions::optimum_spread, non_negative,
          "standard deviation of each coordinate of a client's minimiser around the common point");
    t.add("spectrum_spread", &QuadraticOptions::spectrum_spread, probability,
          "0: all clients have the same eigenvalues; 1: each draws its own, log-uniform in "
          "[L/κ, L]; in between, a blend of the two on the logarithmic scale");
    t.add("reflections", &QuadraticOptions::reflections, Bounds{0, 16},
          "random reflections that turn each client's eigenvectors; 0: all Hessians are diagonal");
  }
};

/// One row a client and none in the evaluation sets, so loss and value are f_i. Client i draws from
/// stream (seed, synthetic_problem, i): sub 0 gives b_i − b, sub 1 the eigenvalues, sub 2 + k the
/// k-th reflector; the common point b, standard normal, is that of step 1. Memory: (1 +
/// reflections) vectors a client, one more if spectrum_spread > 0.
class Quadratic final : public Function {
 public:
  /// The largest dimension for which minimiser() solves its dense d × d system.
  static constexpr std::uint64_t solvable_dimension = 1000;

  Quadratic(const QuadraticOptions& options, std::uint64_t seed, std::uint64_t clients);

  std::string_view name() const override { return "quadratic"; }
  const Layout& layout() const override { return layout_; }
  Capabilities capabilities() const override;
  std::uint64_t rows(RowSource source, ClientId client) const override;

  double value(Context, const Sample&, VecView w) const override;
  void losses(Context, const Sample&, VecView w, std::span<double> out) const override;
  double gradient(Context, const Sample&, VecView w, std::span<const double> weights,
                  VecRef g) const override;
  void hvp(Context, const Sample&, VecView w, VecView v, VecRef out) const override;
  double jvp(Context, const Sample&, VecView w, VecView v) const override;
  /// O(reflections · d²).
  void hessian(Context, const Sample&, VecView w, HessianSink& sink) const override;
  std::unique_ptr<Line> along(Context, const Sample&, VecView w, VecView v) const override;
  void gram(Context, const Sample&, VecView w, Eigen::Ref<Mat> out) const override;

  bool is_convex() const override { return true; }
  bool has_minimiser() const override;
  /// (Σ p_i A_i)⁻¹ Σ p_i A_i b_i for p ≥ 0, not all zero; d ≤ solvable_dimension.
  Vec minimiser(std::span<const double> weights) const override;
  /// b_i, the minimiser of f_i.
  Vec client_minimiser(ClientId client) const;

 private:
  /// x ← A_i x
  void apply(ClientId client, std::span<double> x) const;
  /// A_i (w − b_i), into `out`; returns f_i(w).
  double gradient_of(ClientId client, VecView w, std::span<double> difference,
                     std::span<double> out) const;

  QuadraticOptions options_;
  std::uint64_t clients_;
  Layout layout_;
  Mat minimisers_;  // [d × N] b_i
  Mat spectra_;     // [d × N] λ_i, or [d × 1] if all are equal
  Mat reflectors_;  // [d × N · reflections] unit vectors u, H = I − 2 u uᵀ
};

/// What scenarios know as type = "quadratic".
struct QuadraticProblem {
  static constexpr std::string_view name = "quadratic";
  static constexpr std::string_view summary =
      "quadratics that differ over clients, with a chosen spectrum and a known optimum";
  static constexpr std::string_view source = "";
  using Options = QuadraticOptions;

  /// Errors: no clients.
  static Result<std::unique_ptr<Function>> make(const Options& options, std::uint64_t seed,
                                                std::uint64_t clients);
};

}  // namespace cohort
