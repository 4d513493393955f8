#include "algorithms/estimators/sample_median.hpp"

#include "algorithms/rules/geometric_median.hpp"
#include "core/kernels_gram.hpp"
#include "core/kernels_select.hpp"

namespace cohort {

namespace {

using Rows = std::span<const double* const>;

/// out [d] ← argmin_z Σ ‖z − x_i‖.
void geometric_median(Rows rows, std::span<double> out) {
  constexpr std::size_t block = 4096;  // coordinates of which the rows lie in cache together
  const std::size_t n = rows.size(), d = out.size();
  Mat gram = Mat::Zero(static_cast<Index>(n), static_cast<Index>(n));
  std::vector<double> products(n * (n + 1) / 2);
  std::vector<const double*> at(n);
  for (std::size_t first = 0; first < d; first += block) {
    for (std::size_t i = 0; i < n; ++i) at[i] = rows[i] + first;
    kernels::gram(Rows(at), std::min(block, d - first), products);
    auto product = products.begin();
    for (Index i = 0; i < gram.rows(); ++i) {
      for (Index j = i; j < gram.cols(); ++j) gram(i, j) += *product++;
    }
  }
  const std::vector<RowPair> cancelled = cancelled_pairs(gram);
  std::vector<double> again;
  for (const auto& [i, j] : cancelled) {
    again.push_back(kernels::squared_distance(std::span(rows[i], d), std::span(rows[j], d)));
  }
  const RuleInput input{0, Stream(0, Purpose::aggregation), {}, {}, {}};
  const Vec weights = GeometricMedian{}.weights(measure(gram, cancelled, again), input);
  std::fill(out.begin(), out.end(), 0.0);
  for (std::size_t i = 0; i < n; ++i) {
    kernels::axpy(weights[static_cast<Index>(i)], std::span(rows[i], d), out);
  }
}

}  // namespace

double SampleMedian::estimate(const StepInfo& info, NoState, Oracle&, Oracle& batch, VecView w,
                              VecRef g) const {
  const std::uint64_t b = batch.rows();
  const std::uint64_t n = options.samples == 0 ? b : std::min(options.samples, b);
  if (n <= 1) return batch.gradient(w, g);

  const std::span<const std::uint32_t> picked = batch.sample().picks;
  const std::vector<std::uint32_t> dealt =
      picked.empty() ? permutation(info.stream, b)
                     : std::vector<std::uint32_t>(picked.begin(), picked.end());
  Mat gradients(w.size(), static_cast<Index>(n));
  std::vector<const double*> finite;
  double value = 0;
  for (std::uint64_t s = 0; s < n; ++s) {
    const std::uint64_t first = s * b / n, rows = (s + 1) * b / n - first;
    VecRef of_part = gradients.col(static_cast<Index>(s));
    value += batch.on(std::span(dealt).subspan(first, rows)).gradient(w, of_part) *
             (static_cast<double>(rows) / static_cast<double>(b));
    if (std::isfinite(kernels::squared_norm(as_mutable_span(of_part)))) {
      finite.push_back(of_part.data());
    }
  }
  const std::size_t m = finite.size();
  if (m == 0) {
    g = gradients.col(0);
  } else if (options.median == Median::geometric) {
    geometric_median(finite, as_mutable_span(g));
  } else {
    kernels::mean_of_ranks(kernels::Selection(m, (m - 1) / 2, m / 2), Rows(finite),
                           static_cast<std::size_t>(g.size()), g.data());
  }
  return value;
}

}  // namespace cohort
