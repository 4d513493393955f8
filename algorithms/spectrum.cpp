#include "algorithms/spectrum.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "core/kernels.hpp"
#include "core/linalg.hpp"
#include "core/random.hpp"

namespace cohort {

namespace {

constexpr std::size_t basis_size = 48;
constexpr std::size_t kept_of_each_end = 8;
constexpr double exact_agreement = 1e-13;
constexpr std::size_t large_nodes = 100000;  // where 48 vectors are a long way to read

using Vector = std::vector<double>;

/// w minus its part along `basis`, twice; the coefficients of the basis, without `known`.
void orthogonalise(std::span<const double> known, const std::vector<Vector>& basis, Vector& w,
                   Vec& coefficients) {
  coefficients = Vec::Zero(static_cast<Index>(basis.size()));
  for (int pass = 0; pass < 2; ++pass) {
    kernels::axpy(-kernels::dot(known, w), known, w);
    for (std::size_t k = 0; k < basis.size(); ++k) {
      const double c = kernels::dot(basis[k], w);
      kernels::axpy(-c, basis[k], w);
      coefficients[static_cast<Index>(k)] += c;
    }
  }
}

/// The rows of D^½ P D^−½.
class SymmetricChain {
 public:
  explicit SymmetricChain(const ReversibleChain& chain) : chain_(chain) {
    const std::uint64_t n = chain.graph->nodes();
    root_.resize(n);
    stay_.resize(n);
    for (std::uint64_t i = 0; i < n; ++i) {
      root_[i] = std::sqrt(chain.conductance(i) * static_cast<double>(chain.graph->degree(i)));
      stay_[i] = chain.stay(i);
    }
  }
  double entry(std::uint64_t i, std::uint64_t j) const {
    return (1.0 - chain_.laziness) * std::min(chain_.conductance(i), chain_.conductance(j)) /
           (root_[i] * root_[j]);
  }
  double stay(std::uint64_t i) const { return stay_[i]; }
  Vector unit_root() const {
    Vector known = root_;
    kernels::scale(1.0 / kernels::norm(known), known);
    return known;
  }
  void product(std::span<const double> x, std::span<double> out) const {
    for (std::uint64_t i = 0; i < x.size(); ++i) {
      double total = stay_[i] * x[i];
      for (const std::uint32_t j : chain_.graph->neighbours_of(i)) total += entry(i, j) * x[j];
      out[i] = total;
    }
  }
  Mat dense() const {
    const auto n = static_cast<Index>(root_.size());
    Mat a = Mat::Zero(n, n);
    for (Index i = 0; i < n; ++i) {
      const auto row = static_cast<std::uint64_t>(i);
      a(i, i) = stay_[row];
      for (const std::uint32_t j : chain_.graph->neighbours_of(row)) {
        a(i, static_cast<Index>(j)) = entry(row, j);
      }
    }
    return a;
  }

 private:
  const ReversibleChain& chain_;
  Vector root_;
  Vector stay_;
};

void multiply(const MixingMatrix& w, std::span<const double> x, std::span<double> out) {
  for (std::uint64_t i = 0; i < w.nodes(); ++i) {
    double total = w.self[i] * x[i];
    const auto sources = w.sources_of(i);
    const auto weights = w.weights_of(i);
    for (std::size_t k = 0; k < sources.size(); ++k) total += weights[k] * x[sources[k]];
    out[i] = total;
  }
}

void multiply_transposed(const MixingMatrix& w, std::span<const double> x, std::span<double> out) {
  for (std::uint64_t i = 0; i < w.nodes(); ++i) out[i] = w.self[i] * x[i];
  for (std::uint64_t i = 0; i < w.nodes(); ++i) {
    const auto sources = w.sources_of(i);
    const auto weights = w.weights_of(i);
    for (std::size_t k = 0; k < sources.size(); ++k) out[sources[k]] += weights[k] * x[i];
  }
}

/// Eigenvalues of A without the one of `known`, ascending; A is built column by column.
Vec dense_values(const SymmetricProduct& a, std::span<const double> known) {
  const auto n = static_cast<Index>(known.size());
  Mat m(n, n);
  Vector e(known.size(), 0.0);
  for (Index i = 0; i < n; ++i) {
    e[static_cast<std::size_t>(i)] = 1.0;
    a(e, {m.col(i).data(), known.size()});
    e[static_cast<std::size_t>(i)] = 0.0;
  }
  // The known eigenvalue goes below all others, whose moduli are at most 1.
  m -= 4.0 * as_vec(known) * as_vec(known).transpose();
  const Vec values = symmetric_eigensystem(m, false).values;
  return values.tail(n - 1);
}

/// Rounding may leave it a little above 1.
double largest_modulus(const Extremes& e) {
  return std::min(1.0, std::max(std::abs(e.largest), std::abs(e.smallest)));
}

Extremes extremes(const SymmetricProduct& a, std::span<const double> known) {
  if (known.size() > large_nodes) return lanczos(a, known, 1e-4, 80);
  if (known.size() > dense_nodes) return lanczos(a, known);
  const Vec values = dense_values(a, known);
  return {values[values.size() - 1], values[0], 0.0, 0};
}

}  // namespace

Extremes lanczos(const SymmetricProduct& a, std::span<const double> known, double tolerance,
                 std::uint64_t products) {
  const std::size_t n = known.size();
  COHORT_CHECK(n >= 2, "a matrix has another eigenvalue than the known one");
  const std::size_t most = std::min(basis_size, n - 1);
  std::vector<Vector> basis;
  Mat projected = Mat::Zero(static_cast<Index>(most), static_cast<Index>(most));
  Vector w(n);
  Vec c;
  Stream(0, Purpose::topology, 1).fill_normal(w);
  orthogonalise(known, basis, w, c);
  kernels::scale(1.0 / kernels::norm(w), w);
  Extremes out;
  for (;;) {
    double beta = 0.0;
    while (basis.size() < most) {
      basis.push_back(w);
      a(basis.back(), w);
      ++out.products;
      orthogonalise(known, basis, w, c);
      const auto column = static_cast<Index>(basis.size()) - 1;
      for (Index k = 0; k <= column; ++k) projected(k, column) = projected(column, k) = c[k];
      beta = kernels::norm(w);
      // An invariant subspace: what is in it is exact.
      if (beta <= 1e-14) break;
      kernels::scale(1.0 / beta, w);
    }
    const auto m = static_cast<Index>(basis.size());
    const Eigensystem ritz = symmetric_eigensystem(projected.topLeftCorner(m, m));
    out.largest = ritz.values[m - 1];
    out.smallest = ritz.values[0];
    out.residual =
        beta * std::max(std::abs(ritz.vectors(m - 1, m - 1)), std::abs(ritz.vectors(m - 1, 0)));
    if (out.residual <= tolerance || out.products >= products ||
        basis.size() <= 2 * kept_of_each_end + 1) {
      return out;
    }
    std::vector<Vector> kept;
    Vec values(static_cast<Index>(2 * kept_of_each_end));
    for (std::size_t k = 0; k < 2 * kept_of_each_end; ++k) {
      const Index which = k < kept_of_each_end ? static_cast<Index>(k)
                                               : m - static_cast<Index>(2 * kept_of_each_end - k);
      Vector v(n, 0.0);
      for (Index r = 0; r < m; ++r) {
        kernels::axpy(ritz.vectors(r, which), basis[static_cast<std::size_t>(r)], v);
      }
      values[static_cast<Index>(k)] = ritz.values[which];
      kept.push_back(std::move(v));
    }
    basis = std::move(kept);
    projected.setZero();
    projected.topLeftCorner(values.size(), values.size()).diagonal() = values;
  }
}

Gap spectral_gap(const ReversibleChain& chain) {
  const SymmetricChain symmetric(chain);
  const Extremes e =
      extremes([&](std::span<const double> x, std::span<double> out) { symmetric.product(x, out); },
               symmetric.unit_root());
  Gap gap;
  gap.second = e.largest;
  gap.last = e.smallest;
  gap.residual = e.residual;
  gap.rate = largest_modulus(e);
  return gap;
}

Gap consensus_gap(std::span<const MixingMatrix> rounds) {
  COHORT_CHECK(!rounds.empty() && rounds[0].nodes() >= 2, "mixing of at least two nodes");
  const std::size_t n = rounds[0].nodes();
  const Vector known(n, 1.0 / std::sqrt(static_cast<double>(n)));
  Gap gap;
  if (rounds.size() == 1 && stochasticity(rounds[0]).is_symmetric) {
    const Extremes e = extremes(
        [&](std::span<const double> x, std::span<double> out) { multiply(rounds[0], x, out); },
        known);
    gap.rate = largest_modulus(e);
    gap.residual = e.residual;
    return gap;
  }
  Vector from(n), to(n);
  const auto forward = [&] {
    for (const MixingMatrix& w : rounds) {
      multiply(w, from, to);
      std::swap(from, to);
    }
  };
  // A cycle that agrees exactly leaves rounding of a random vector.
  Stream(0, Purpose::topology, 2).fill_normal(from);
  kernels::axpy(-kernels::dot(known, from), known, from);
  const double before = kernels::norm(from);
  forward();
  if (kernels::norm(from) <= exact_agreement * before) {
    gap.rate = 0.0;
    return gap;
  }
  const auto square = [&](std::span<const double> x, std::span<double> out) {
    std::copy(x.begin(), x.end(), from.begin());
    forward();
    for (std::size_t t = rounds.size(); t-- > 0;) {
      multiply_transposed(rounds[t], from, to);
      std::swap(from, to);
    }
    std::copy(from.begin(), from.end(), out.begin());
  };
  const Extremes e = extremes(square, known);
  const double norm = std::sqrt(std::clamp(e.largest, 0.0, 1.0));
  gap.rate = kernels::pow(norm, 1.0 / static_cast<double>(rounds.size()));
  gap.residual = e.residual;
  return gap;
}

ChainModes chain_modes(const ReversibleChain& chain) {
  const SymmetricChain symmetric(chain);
  const Vector root = symmetric.unit_root();
  const auto n = static_cast<Index>(root.size());
  Mat a = symmetric.dense();
  a -= 4.0 * as_vec(std::span<const double>(root)) *
       as_vec(std::span<const double>(root)).transpose();
  Eigensystem system = symmetric_eigensystem(a);
  ChainModes modes;
  modes.values = system.values.tail(n - 1);
  modes.left = system.vectors.rightCols(n - 1);
  for (Index i = 0; i < n; ++i) modes.left.row(i) *= root[static_cast<std::size_t>(i)];
  return modes;
}

double relaxation_time(const Gap& gap) {
  if (gap.rate <= 0.0) return 0.0;
  if (gap.rate >= 1.0) return std::numeric_limits<double>::infinity();
  return -1.0 / kernels::log(gap.rate);
}

}  // namespace cohort
