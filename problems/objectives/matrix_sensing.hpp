#pragma once
// Matrix sensing: a positive semidefinite matrix of low rank from linear measurements.
//   ℓ_j(X) = ½ (⟨A_j, X Xᵀ⟩ − y_j)²,   y_j = ⟨A_j, X* X*ᵀ⟩ + noise,   X [m × r]
//   A_j = √(1 − h) G_j + √h M_i       entries of G_j and of the client's M_i standard normal, both
//                                     made symmetric as (G + Gᵀ)/2; h = heterogeneity
// X* = P diag(σ)^{1/2} with orthonormal columns P and σ from 1 to 1/κ. X* Q is as good for every
// orthogonal Q, and the distance is to the nearest of these.
// Source: Tu, Boczar, Simchowitz, Soltanolkotabi, Recht, Low-rank solutions of linear matrix
//   equations via Procrustes flow, ICML 2016.

#include <memory>
#include <string_view>

#include "problems/objectives/squared_forms.hpp"

namespace cohort {

struct MatrixSensingOptions : SquaredFormsOptions {
  std::uint64_t size = 10;
  std::uint64_t rank = 2;
  double condition = 1;
  static void declare(OptionTable<MatrixSensingOptions>& t) {
    t.add("size", &MatrixSensingOptions::size, Bounds{1, 1e4}, "m: the matrix is m × m");
    t.add("rank", &MatrixSensingOptions::rank, at_least(1), "r, at most m");
    t.add("condition", &MatrixSensingOptions::condition, at_least(1),
          "κ: largest over smallest nonzero eigenvalue of the matrix");
    SquaredFormsOptions::declare(t);
  }
};

/// Client i draws M_i from sub 0 of its stream and G_j from sub 1 + j. Memory: N · rows · m²
/// doubles. Layout: "factor" [m × r] row-major.
class MatrixSensing final : public SquaredForms {
 public:
  static constexpr std::string_view problem = "matrix_sensing";
  MatrixSensing(const MatrixSensingOptions& options, std::uint64_t seed, std::uint64_t clients);
  std::string_view name() const override { return problem; }
  /// min over orthogonal Q of ‖X − X* Q‖
  double distance(VecView w, VecView minimiser) const override;

 private:
  double form(std::uint64_t row, VecView w, VecView v) const override;
  void add_form(std::uint64_t row, double c, VecView w, VecRef g) const override;

  std::size_t size_;
  std::size_t rank_;
  Mat matrices_;  // [m² × N · rows] A_j, symmetric
};

/// What scenarios know as type = "matrix_sensing".
struct MatrixSensingProblem {
  static constexpr std::string_view name = MatrixSensing::problem;
  static constexpr std::string_view summary =
      "a planted matrix of low rank from linear measurements";
  static constexpr std::string_view source = "Tu et al., ICML 2016";
  using Options = MatrixSensingOptions;

  /// Errors: no clients, rank > size, more measurements than memory is for.
  static Result<std::unique_ptr<Function>> make(const Options& options, std::uint64_t seed,
                                                std::uint64_t clients);
};

}  // namespace cohort
