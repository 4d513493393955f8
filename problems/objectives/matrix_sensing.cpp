#include "problems/objectives/matrix_sensing.hpp"

#include <fmt/format.h>

#include <cmath>

#include "core/kernels.hpp"

namespace cohort {

namespace {

/// a ← (a + aᵀ)/2 of a [m × m]
void symmetrize(std::span<double> a, std::size_t m) {
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      a[i * m + j] = a[j * m + i] = 0.5 * (a[i * m + j] + a[j * m + i]);
    }
  }
}

}  // namespace

MatrixSensing::MatrixSensing(const MatrixSensingOptions& options, std::uint64_t seed,
                             std::uint64_t clients)
    : SquaredForms(options, 1, clients), size_(options.size), rank_(options.rank) {
  const std::size_t square = size_ * size_;
  layout_.append("factor", size_, rank_, SegmentKind::weight);
  matrices_.resize(static_cast<Index>(square), static_cast<Index>(clients * options.rows));
  const double own = std::sqrt(1 - options.heterogeneity);
  const double common = std::sqrt(options.heterogeneity);
  Vec mean(static_cast<Index>(square));
  for (std::uint64_t i = 0; i < clients; ++i) {
    const Stream stream(seed, Purpose::synthetic_problem, i);
    stream.sub(0).fill_normal(as_mutable_span(mean));
    for (std::uint64_t j = 0; j < options.rows; ++j) {
      const auto a = std::span(matrices_.data() + (i * options.rows + j) * square, square);
      stream.sub(1 + j).fill_normal(a);
      kernels::axpby(common, as_span(mean), own, a);
      symmetrize(a, size_);
    }
  }
  const Mat p = orthonormal_columns(Stream(seed, Purpose::synthetic_problem, 0, 1), size_, rank_);
  const Vec sigma = spaced_values(rank_, options.condition);
  Vec solution(static_cast<Index>(size_ * rank_));
  for (std::size_t a = 0; a < size_; ++a) {
    for (std::size_t k = 0; k < rank_; ++k) {
      const auto column = static_cast<Index>(k);
      solution[static_cast<Index>(a * rank_ + k)] =
          p(static_cast<Index>(a), column) * std::sqrt(sigma[column]);
    }
  }
  plant(std::move(solution), seed);
}

double MatrixSensing::form(std::uint64_t row, VecView w, VecView v) const {
  // ⟨A, W Vᵀ⟩ = Σ_a ⟨W_a, (A V)_a⟩
  const double* a = matrices_.data() + row * size_ * size_;
  double sum = 0;
  for (std::size_t i = 0; i < size_; ++i) {
    for (std::size_t k = 0; k < rank_; ++k) {
      double product = 0;
      for (std::size_t j = 0; j < size_; ++j) {
        product += a[i * size_ + j] * v[static_cast<Index>(j * rank_ + k)];
      }
      sum += w[static_cast<Index>(i * rank_ + k)] * product;
    }
  }
  return sum;
}

void MatrixSensing::add_form(std::uint64_t row, double c, VecView w, VecRef g) const {
  const auto x = as_span(w);
  const auto out = as_mutable_span(g);
  const double* a = matrices_.data() + row * size_ * size_;
  for (std::size_t i = 0; i < size_; ++i) {
    const auto to = out.subspan(i * rank_, rank_);
    for (std::size_t j = 0; j < size_; ++j) {
      const double factor = c * a[i * size_ + j];
      for (std::size_t k = 0; k < rank_; ++k) to[k] += factor * x[j * rank_ + k];
    }
  }
}

double MatrixSensing::distance(VecView w, VecView minimiser) const {
  return procrustes_distance(as_span(w), as_span(minimiser), rank_);
}

Result<std::unique_ptr<Function>> MatrixSensingProblem::make(const Options& options,
                                                             std::uint64_t seed,
                                                             std::uint64_t clients) {
  if (options.rank > options.size) {
    return bad_input(fmt::format("problem.rank: expected at most size = {}, found {}", options.size,
                                 options.rank));
  }
  COHORT_DO(check_measurements(name, clients, options.rows, options.size * options.size));
  return std::unique_ptr<Function>(std::make_unique<MatrixSensing>(options, seed, clients));
}

}  // namespace cohort
