#include "problems/objectives/poisson.hpp"

#include <fmt/format.h>

#include "core/kernels.hpp"
#include "problems/data/store.hpp"
#include "problems/objectives/scalar_loss.hpp"

namespace cohort {

void PoissonLoss::losses(std::span<double> z, std::span<const double> y,
                         std::span<double> out) const {
  kernels::exp(z, out);
  as_vec(out).array() -= as_vec(y).array() * as_vec(z).array();
}

void PoissonLoss::residuals(std::span<double> z, std::span<const double> y,
                            kernels::LossSum& sum) const {
  double memory[row_chunk];
  const std::span<double> mean(memory, y.size());
  kernels::exp(z, mean);
  sum.add(kernels::sum(mean) - kernels::dot(y, z));
  as_vec(z) = as_vec(mean) - as_vec(y);
}

void PoissonLoss::apply_curvature(std::span<double> z, std::span<const double>,
                                  std::span<double> s) const {
  kernels::exp(z, z);
  as_vec(s).array() *= as_vec(z).array();
}

void PoissonLoss::curvatures(std::span<double> z, std::span<const double>,
                             std::span<double> out) const {
  kernels::exp(z, out);
}

LinePoint PoissonLoss::along(std::span<double> z, std::span<const double> s,
                             std::span<const double> y, int order) const {
  double memory[row_chunk];
  const std::span<double> term(memory, y.size());
  kernels::exp(z, term);
  LinePoint sums{kernels::sum(term) - kernels::dot(y, z), 0, 0, 0};
  if (order >= 1) sums.first = kernels::dot(term, s) - kernels::dot(y, s);
  as_vec(term).array() *= as_vec(s).array();
  if (order >= 2) sums.second = kernels::dot(term, s);
  as_vec(term).array() *= as_vec(s).array();
  if (order >= 3) sums.third = kernels::dot(term, s);
  return sums;
}

void PoissonLoss::to_scores(std::span<double> z) const { kernels::exp(z, z); }

std::unique_ptr<Function> Poisson::make(std::size_t features, RowsOf rows, const Options& options) {
  return std::make_unique<LinearModel>(std::string(name), std::make_shared<const PoissonLoss>(),
                                       features, std::move(rows), options);
}

Result<std::unique_ptr<Function>> Poisson::bind(const Options& options, const DataStore& store) {
  COHORT_DO(options.check());
  COHORT_DO(check_labels(name, Outcome::value, store));
  for (std::uint64_t c = store.held_clients().first; c < store.held_clients().last; ++c) {
    for (const double y : store.client_rows(ClientId(c)).labels()) {
      if (!(y >= 0)) {
        return bad_input(fmt::format("model poisson needs labels that are counts, found {}", y));
      }
    }
  }
  return make(store.features(), rows_of(store), options);
}

}  // namespace cohort
