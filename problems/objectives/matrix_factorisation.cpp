#include "problems/objectives/matrix_factorisation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/kernels.hpp"

namespace cohort {

MatrixFactorisation::MatrixFactorisation(const MatrixFactorisationOptions& options,
                                         std::uint64_t seed, std::uint64_t clients)
    : SquaredForms(options, 1, clients), users_(options.users), rank_(options.rank) {
  const std::size_t items = options.items;
  layout_.append("users", users_, rank_, SegmentKind::weight);
  layout_.append("items", items, rank_, SegmentKind::weight);
  for (std::uint64_t i = 0; i < clients; ++i) {
    const Stream stream(seed, Purpose::synthetic_problem, i);
    const std::uint64_t first = i * users_ / clients;
    const std::uint64_t own = (i + 1) * users_ / clients - first;
    for (std::uint64_t j = 0; j < options.rows; ++j) {
      Stream draws = stream.sub(1 + j);
      const bool is_own = draws.uniform() < options.heterogeneity;
      const std::uint64_t a = is_own ? first + draws.below(own) : draws.below(users_);
      entries_.emplace_back(a, draws.below(items));
    }
  }
  const Stream common(seed, Purpose::synthetic_problem, 0, 1);
  const Mat p = orthonormal_columns(common.sub(0), users_, rank_);
  const Mat q = orthonormal_columns(common.sub(1), items, rank_);
  // ‖U* V*ᵀ‖² = Σ σ² would be m n, were all σ equal.
  const double largest =
      std::sqrt(static_cast<double>(users_ * items) / static_cast<double>(rank_));
  const Vec sigma = largest * spaced_values(rank_, options.condition);
  Vec solution(static_cast<Index>((users_ + items) * rank_));
  for (std::size_t row = 0; row < users_ + items; ++row) {
    for (std::size_t k = 0; k < rank_; ++k) {
      const auto column = static_cast<Index>(k);
      const double x = row < users_ ? p(static_cast<Index>(row), column)
                                    : q(static_cast<Index>(row - users_), column);
      solution[static_cast<Index>(row * rank_ + k)] = x * std::sqrt(sigma[column]);
    }
  }
  plant(std::move(solution), seed);
}

double MatrixFactorisation::form(std::uint64_t row, VecView w, VecView v) const {
  // B(w, v) = ½ (⟨U_a, V'_b⟩ + ⟨U'_a, V_b⟩) for w = (U, V) and v = (U', V').
  const auto [a, b] = entries_[row];
  const auto x = as_span(w), y = as_span(v);
  const std::size_t user = a * rank_, item = (users_ + b) * rank_;
  double sum = 0;
  for (std::size_t k = 0; k < rank_; ++k) {
    sum += x[user + k] * y[item + k] + y[user + k] * x[item + k];
  }
  return 0.5 * sum;
}

void MatrixFactorisation::add_form(std::uint64_t row, double c, VecView w, VecRef g) const {
  const auto [a, b] = entries_[row];
  const auto x = as_span(w);
  const auto out = as_mutable_span(g);
  const std::size_t user = a * rank_, item = (users_ + b) * rank_;
  for (std::size_t k = 0; k < rank_; ++k) {
    out[user + k] += 0.5 * c * x[item + k];
    out[item + k] += 0.5 * c * x[user + k];
  }
}

double MatrixFactorisation::distance(VecView w, VecView minimiser) const {
  return procrustes_distance(as_span(w), as_span(minimiser), rank_);
}

Result<std::unique_ptr<Function>> MatrixFactorisationProblem::make(const Options& options,
                                                                   std::uint64_t seed,
                                                                   std::uint64_t clients) {
  if (options.rank > std::min(options.users, options.items)) {
    return bad_input(fmt::format("problem.rank: expected at most {}, the smaller side, found {}",
                                 std::min(options.users, options.items), options.rank));
  }
  if (options.heterogeneity > 0 && options.users < clients) {
    return bad_input(
        fmt::format("problem.heterogeneity: {} users cannot be dealt to {} clients; expected users "
                    "≥ clients, or heterogeneity = 0",
                    options.users, clients));
  }
  COHORT_DO(check_measurements(name, clients, options.rows, 2));
  return std::unique_ptr<Function>(std::make_unique<MatrixFactorisation>(options, seed, clients));
}

}  // namespace cohort
