#pragma once
// Matrix factorisation from some of the entries, as of users' ratings:
//   ℓ_j(U, V) = ½ (⟨U_a, V_b⟩ − y_j)²,   y_j = (U* V*ᵀ)_ab + noise,   U [m × r], V [n × r]
// where entry (a, b) = (a_j, b_j) is drawn at random; with probability h = heterogeneity its row a
// is one of the client's own, [i m/N, (i+1) m/N), so that at h = 1 clients are groups of users.
// U* = P diag(σ)^{1/2}, V* = Q diag(σ)^{1/2} with orthonormal columns P, Q; σ falls from s to s/κ
// with s such that entries are of size 1. (U* G, V* G^{−ᵀ}) is as good for every invertible G; the
// distance is to the nearest balanced one, G orthogonal.
// Source: Tu, Boczar, Simchowitz, Soltanolkotabi, Recht, Low-rank solutions of linear matrix
//   equations via Procrustes flow, ICML 2016 (the distance).

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "problems/objectives/squared_forms.hpp"

namespace cohort {

struct MatrixFactorisationOptions : SquaredFormsOptions {
  std::uint64_t users = 40;
  std::uint64_t items = 30;
  std::uint64_t rank = 2;
  double condition = 1;
  static void declare(OptionTable<MatrixFactorisationOptions>& t) {
    t.add("users", &MatrixFactorisationOptions::users, Bounds{1, 1e7}, "m: rows of the matrix");
    t.add("items", &MatrixFactorisationOptions::items, Bounds{1, 1e7}, "n: columns");
    t.add("rank", &MatrixFactorisationOptions::rank, at_least(1), "r, at most m and n");
    t.add("condition", &MatrixFactorisationOptions::condition, at_least(1),
          "κ: largest over smallest nonzero singular value of the matrix");
    SquaredFormsOptions::declare(t);
  }
};

/// Client i draws entry j from sub 1 + j of its stream. Layout: "users" [m × r], "items" [n × r],
/// row-major. A query costs O(r) a row.
class MatrixFactorisation final : public SquaredForms {
 public:
  static constexpr std::string_view problem = "matrix_factorisation";
  MatrixFactorisation(const MatrixFactorisationOptions& options, std::uint64_t seed,
                      std::uint64_t clients);
  std::string_view name() const override { return problem; }
  double distance(VecView w, VecView minimiser) const override;
  /// (a_j, b_j) of row j of a client
  std::pair<std::uint64_t, std::uint64_t> entry(ClientId client, std::uint64_t j) const {
    return entries_[client.value * options_.rows + j];
  }

 private:
  double form(std::uint64_t row, VecView w, VecView v) const override;
  void add_form(std::uint64_t row, double c, VecView w, VecRef g) const override;

  std::size_t users_;
  std::size_t rank_;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> entries_;  // [N · rows]
};

/// What scenarios know as type = "matrix_factorisation".
struct MatrixFactorisationProblem {
  static constexpr std::string_view name = MatrixFactorisation::problem;
  static constexpr std::string_view summary =
      "a planted matrix of low rank from some of its entries";
  static constexpr std::string_view source = "Tu et al., ICML 2016";
  using Options = MatrixFactorisationOptions;

  /// Errors: no clients, rank > users or items, heterogeneity with fewer users than clients.
  static Result<std::unique_ptr<Function>> make(const Options& options, std::uint64_t seed,
                                                std::uint64_t clients);
};

}  // namespace cohort
