#include "problems/objectives/phase_retrieval.hpp"

#include <algorithm>
#include <cmath>

#include "core/kernels.hpp"

namespace cohort {

PhaseRetrieval::PhaseRetrieval(const PhaseRetrievalOptions& options, std::uint64_t seed,
                               std::uint64_t clients)
    : SquaredForms(options, 0.5, clients) {
  const std::size_t d = options.dimension;
  layout_.append("weight", 1, d, SegmentKind::weight);
  vectors_.resize(static_cast<Index>(d), static_cast<Index>(clients * options.rows));
  const double own = std::sqrt(1 - options.heterogeneity);
  const double common = std::sqrt(options.heterogeneity);
  Vec mean(static_cast<Index>(d));
  for (std::uint64_t i = 0; i < clients; ++i) {
    const Stream stream(seed, Purpose::synthetic_problem, i);
    stream.sub(0).fill_normal(as_mutable_span(mean));
    for (std::uint64_t j = 0; j < options.rows; ++j) {
      const auto a = std::span(vectors_.data() + (i * options.rows + j) * d, d);
      stream.sub(1 + j).fill_normal(a);
      kernels::axpby(common, as_span(mean), own, a);
    }
  }
  Vec solution(static_cast<Index>(d));
  Stream(seed, Purpose::synthetic_problem, 0, 1).fill_normal(as_mutable_span(solution));
  solution /= kernels::norm(as_span(solution));
  plant(std::move(solution), seed);
}

double PhaseRetrieval::form(std::uint64_t row, VecView w, VecView v) const {
  const auto a = measurement(row);
  return kernels::dot(a, as_span(w)) * kernels::dot(a, as_span(v));
}

void PhaseRetrieval::add_form(std::uint64_t row, double c, VecView w, VecRef g) const {
  const auto a = measurement(row);
  kernels::axpy(c * kernels::dot(a, as_span(w)), a, as_mutable_span(g));
}

double PhaseRetrieval::distance(VecView w, VecView minimiser) const {
  const Vec other = -minimiser;
  return std::sqrt(std::min(kernels::squared_distance(as_span(w), as_span(minimiser)),
                            kernels::squared_distance(as_span(w), as_span(other))));
}

Result<std::unique_ptr<Function>> PhaseRetrievalProblem::make(const Options& options,
                                                              std::uint64_t seed,
                                                              std::uint64_t clients) {
  COHORT_DO(check_measurements(name, clients, options.rows, options.dimension));
  return std::unique_ptr<Function>(std::make_unique<PhaseRetrieval>(options, seed, clients));
}

}  // namespace cohort
