#include "core/prediction.hpp"

#include <algorithm>

#include "core/check.hpp"
#include "core/kernels.hpp"

namespace cohort {

std::size_t predicted_class(std::span<const double> row) {
  if (row.size() == 1) return row[0] >= 0 ? 1 : 0;
  // max_element returns the first of equals.
  return static_cast<std::size_t>(std::max_element(row.begin(), row.end()) - row.begin());
}

void softmax_rows(std::span<double> z, std::size_t columns, std::span<double> largest,
                  std::span<double> totals) {
  const std::size_t rows = totals.size();
  for (std::size_t j = 0; j < rows; ++j) {
    const auto row = z.subspan(j * columns, columns);
    largest[j] = *std::max_element(row.begin(), row.end());
    for (double& x : row) x -= largest[j];
  }
  kernels::exp(z, z);
  for (std::size_t j = 0; j < rows; ++j) {
    const auto row = z.subspan(j * columns, columns);
    totals[j] = 0;
    for (const double x : row) totals[j] += x;
    for (double& x : row) x /= totals[j];
  }
}

void to_probabilities(const Prediction& prediction, std::span<double> scores) {
  COHORT_CHECK(prediction.has_classes() && prediction.has_probabilities,
               "the scores have probabilities");
  if (prediction.outcome == Outcome::binary) {
    kernels::sigmoid(scores, scores);
    return;
  }
  constexpr std::size_t chunk = 256;
  double largest[chunk], totals[chunk];
  for (std::size_t first = 0; first < scores.size(); first += chunk * prediction.columns) {
    const auto part =
        scores.subspan(first, std::min(chunk * prediction.columns, scores.size() - first));
    const std::size_t rows = part.size() / prediction.columns;
    softmax_rows(part, prediction.columns, {largest, rows}, {totals, rows});
  }
}

}  // namespace cohort
