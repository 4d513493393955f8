#include "algorithms/rules/spectral.hpp"

#include <cmath>

#include "core/kernels.hpp"

namespace cohort {

TopSpread top_spread(const Distances& distances, const Vec& c) {
  const Index n = distances.rows();
  const double total = kernels::sum(as_span(c));
  TopSpread spread{Vec::Zero(distances.points()), 0.0, Vec::Zero(n)};
  spread.mean.head(n) = c / total;
  // ⟨x_i − μ, x_j − μ⟩
  const Vec to_mean = distances.inner_times(spread.mean);
  const double square = kernels::dot(as_span(spread.mean), as_span(to_mean));
  Mat centred(n, n);
  for (Index j = 0; j < n; ++j) {
    for (Index i = 0; i < n; ++i) {
      centred(i, j) = (distances.inner(i, j) - to_mean[i]) - (to_mean[j] - square);
    }
  }
  const Vec root = c.cwiseSqrt();
  Mat scaled(n, n);
  for (Index j = 0; j < n; ++j) {
    for (Index i = 0; i < n; ++i) scaled(i, j) = root[i] * root[j] * centred(i, j);
  }
  const Eigenpair top = top_eigenpair(scaled);
  if (!(top.value > 0.0)) return spread;
  spread.variance = top.value / total;
  // v = Σ √c_j u_j (x_j − μ) / √λ'
  const Vec u = (root.array() * top.vector.array()) / std::sqrt(top.value);
  for (Index i = 0; i < n; ++i) {
    const Vec row = centred.col(i);
    spread.along[i] = kernels::dot(as_span(row), as_span(u));
  }
  return spread;
}

}  // namespace cohort
