#include "algorithms/mixing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace cohort {

namespace {

double entry(const MixingMatrix& w, std::uint64_t i, std::uint32_t j) {
  const auto row = w.sources_of(i);
  const auto found = std::lower_bound(row.begin(), row.end(), j);
  if (found == row.end() || *found != j) return 0.0;
  return w.weights_of(i)[static_cast<std::size_t>(found - row.begin())];
}

Result<void> check_columns(std::string_view mixing, const Stochasticity& s, double sum) {
  if (s.columns()) return {};
  return bad_input(
      fmt::format("mixing {}: the mean of the nodes would move: what node {} says has the weights "
                  "{} in all, expected 1; metropolis keeps the mean on any undirected graph, push "
                  "with push-sum on a directed one",
                  mixing, s.column, sum));
}

double column_sum(const MixingMatrix& w, std::uint64_t column) {
  double sum = w.self[column];
  for (std::size_t k = 0; k < w.sources.size(); ++k) {
    if (w.sources[k] == column) sum += w.weights[k];
  }
  return sum;
}

}  // namespace

Stochasticity stochasticity(const MixingMatrix& w) {
  Stochasticity s;
  std::vector<double> columns = w.self;
  for (std::uint64_t i = 0; i < w.nodes(); ++i) {
    double row = w.self[i];
    const auto sources = w.sources_of(i);
    const auto weights = w.weights_of(i);
    for (std::size_t k = 0; k < sources.size(); ++k) {
      row += weights[k];
      columns[sources[k]] += weights[k];
      if (weights[k] != entry(w, sources[k], static_cast<std::uint32_t>(i))) s.is_symmetric = false;
    }
    if (const double error = std::abs(row - 1.0); error > s.row_error) {
      s.row_error = error;
      s.row = i;
    }
  }
  for (std::uint64_t j = 0; j < w.nodes(); ++j) {
    if (const double error = std::abs(columns[j] - 1.0); error > s.column_error) {
      s.column_error = error;
      s.column = j;
    }
  }
  return s;
}

Result<void> check_column_stochastic(std::string_view mixing, const MixingMatrix& w) {
  const Stochasticity s = stochasticity(w);
  return check_columns(mixing, s, s.columns() ? 1.0 : column_sum(w, s.column));
}

Result<void> check_doubly_stochastic(std::string_view mixing, const MixingMatrix& w) {
  const Stochasticity s = stochasticity(w);
  COHORT_DO(check_columns(mixing, s, s.columns() ? 1.0 : column_sum(w, s.column)));
  if (s.rows()) return {};
  return bad_input(
      fmt::format("mixing {}: nodes that agree would not stay so: the weights of node {} differ "
                  "from 1 in all by {:.3g}; a matrix whose columns alone sum to 1 is for push-sum",
                  mixing, s.row, s.row_error));
}

MixingMatrix lazy_of(MixingMatrix w) {
  for (double& x : w.weights) x *= 0.5;
  for (double& x : w.self) x = 0.5 + 0.5 * x;
  return w;
}

}  // namespace cohort
