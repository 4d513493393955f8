#include "algorithms/surrogate.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

#include "core/check.hpp"
#include "core/kernels.hpp"
#include "core/kernels_gemm.hpp"

namespace cohort {

namespace {

const double root_five = std::sqrt(5.0);

double mean_of(std::span<const double> values) {
  return kernels::sum(values) / static_cast<double>(values.size());
}

}  // namespace

void RadialKernel::evaluate(std::span<const double> squared, std::span<double> k,
                            std::span<double> h) const {
  std::vector<double> decay(squared.size());
  if (name == KernelName::rbf) {
    kernels::scaled_copy(-0.5 / (length * length), squared, decay);
    kernels::exp(decay, decay);
    if (!k.empty()) std::copy(decay.begin(), decay.end(), k.begin());
    if (!h.empty()) kernels::scaled_copy(slope_at_zero(), decay, h);
    return;
  }
  std::vector<double> a(squared.size());
  for (std::size_t j = 0; j < a.size(); ++j) {
    a[j] = root_five / length * std::sqrt(squared[j]);
    decay[j] = -a[j];
  }
  kernels::exp(decay, decay);
  for (std::size_t j = 0; j < a.size(); ++j) {
    if (!k.empty()) k[j] = (1 + a[j] + a[j] * a[j] / 3) * decay[j];
    if (!h.empty()) h[j] = slope_at_zero() * (1 + a[j]) * decay[j];
  }
}

double RadialKernel::slope_at_zero() const {
  return (name == KernelName::rbf ? 1.0 : 5.0 / 3) / (length * length);
}

// ---- The store --------------------------------------------------------------------------------

void QueryStore::add(std::span<const double> x, double y) {
  points_.insert(points_.end(), x.begin(), x.end());
  values_.push_back(y);
}

void QueryStore::forget(std::size_t most) {
  if (size() <= most) return;
  const auto excess = static_cast<std::ptrdiff_t>(size() - most);
  points_.erase(points_.begin(), points_.begin() + excess * static_cast<std::ptrdiff_t>(d_));
  values_.erase(values_.begin(), values_.begin() + excess);
}

std::vector<std::uint32_t> QueryStore::nearest(std::span<const double> x, std::size_t most) const {
  std::vector<std::uint32_t> ids(size());
  std::iota(ids.begin(), ids.end(), 0U);
  if (most >= ids.size()) return ids;
  std::vector<double> squared(size());
  for (std::size_t j = 0; j < size(); ++j) {
    const double r = kernels::squared_distance(point(j), x);
    squared[j] = std::isnan(r) ? std::numeric_limits<double>::infinity() : r;
  }
  std::nth_element(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(most), ids.end(),
                   [&](std::uint32_t a, std::uint32_t b) {
                     return squared[a] != squared[b] ? squared[a] < squared[b] : a < b;
                   });
  ids.resize(most);
  std::sort(ids.begin(), ids.end());
  return ids;
}

// ---- The process ------------------------------------------------------------------------------

void GaussianProcess::clear() {
  ids_.clear();
  points_.clear();
  values_.clear();
  factor_.clear();
  is_solved_ = false;
}

void GaussianProcess::move_to(const QueryStore& store, std::span<const double> x,
                              std::size_t most) {
  const std::vector<std::uint32_t> wanted = store.nearest(x, most);
  const auto is_wanted = [&](std::uint32_t id) {
    return std::binary_search(wanted.begin(), wanted.end(), id);
  };
  // A removal costs a few times what its point costs in a factorisation anew.
  const auto leaving =
      size() - static_cast<std::size_t>(std::count_if(ids_.begin(), ids_.end(), is_wanted));
  if (4 * leaving > size()) {
    clear();
  } else {
    for (std::size_t i = size(); i-- > 0;) {
      if (!is_wanted(ids_[i])) remove(i);
    }
  }
  std::vector<std::uint32_t> present = ids_;
  std::sort(present.begin(), present.end());
  for (const std::uint32_t id : wanted) {
    if (!std::binary_search(present.begin(), present.end(), id)) add(store, id);
  }
}

void GaussianProcess::add(const QueryStore& store, std::uint32_t id) {
  const std::size_t n = size();
  if (n == room_) {
    const std::size_t wider = std::max<std::size_t>(16, 2 * room_);
    std::vector<double> moved(wider * wider);
    for (std::size_t i = 0; i < n; ++i) {
      std::copy_n(pair_row(i).begin(), n, moved.begin() + static_cast<std::ptrdiff_t>(i * wider));
    }
    pairs_ = std::move(moved);
    room_ = wider;
  }
  const auto x = store.point(id);
  const auto squared = distances_to(x);
  k_.resize(n);
  kernel_.evaluate(squared, k_, {});
  if (!std::isfinite(store.value(id)) || !factor_.append(k_, 1 + noise_)) return;
  for (std::size_t i = 0; i < n; ++i) pair_row(i)[n] = pair_row(n)[i] = squared[i];
  pair_row(n)[n] = 0;
  ids_.push_back(id);
  points_.insert(points_.end(), x.begin(), x.end());
  values_.push_back(store.value(id));
  is_solved_ = false;
}

void GaussianProcess::remove(std::size_t position) {
  const std::size_t n = size();
  factor_.remove(position);
  const auto at = static_cast<std::ptrdiff_t>(position);
  for (std::size_t i = 0; i < n; ++i) {
    const auto row = pair_row(i);
    std::copy(row.begin() + at + 1, row.begin() + static_cast<std::ptrdiff_t>(n), row.begin() + at);
    if (i > position) std::copy_n(row.begin(), n, pair_row(i - 1).begin());
  }
  const auto d = static_cast<std::ptrdiff_t>(d_);
  ids_.erase(ids_.begin() + at);
  points_.erase(points_.begin() + at * d, points_.begin() + (at + 1) * d);
  values_.erase(values_.begin() + at);
  is_solved_ = false;
}

std::span<const double> GaussianProcess::distances_to(std::span<const double> x) {
  squared_.resize(size());
  for (std::size_t j = 0; j < size(); ++j) {
    squared_[j] = kernels::squared_distance(std::span(points_).subspan(j * d_, d_), x);
  }
  return squared_;
}

void GaussianProcess::solve() {
  if (is_solved_) return;
  level_ = size() == 0 ? 0 : mean_of(values_);
  alpha_.resize(size());
  for (std::size_t j = 0; j < size(); ++j) alpha_[j] = values_[j] - level_;
  factor_.solve(alpha_);
  is_solved_ = true;
}

double GaussianProcess::mean(VecView x) {
  solve();
  k_.resize(size());
  kernel_.evaluate(distances_to(as_span(x)), k_, {});
  return level_ + kernels::dot(alpha_, k_);
}

void GaussianProcess::gradient(VecView x, VecRef g) {
  solve();
  h_.resize(size());
  kernel_.evaluate(distances_to(as_span(x)), {}, h_);
  const auto out = as_mutable_span(g);
  g.setZero();
  for (std::size_t j = 0; j < size(); ++j) {
    h_[j] *= alpha_[j];
    kernels::axpy(h_[j], std::span<const double>(points_).subspan(j * d_, d_), out);
  }
  kernels::axpy(-kernels::sum(h_), as_span(x), out);
}

void GaussianProcess::uncertainties(std::span<const double> points, std::span<double> out) {
  const std::size_t n = size(), m = out.size();
  std::fill(out.begin(), out.end(), 1.0);
  if (n == 0 || m == 0) return;
  // P over P ∘ D, so that one product has both.
  const Mat inverse = factor_.inverse();
  std::vector<double> both(2 * n * n);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      const double p = inverse(static_cast<Index>(j), static_cast<Index>(i));
      both[i * n + j] = p;
      both[(n + i) * n + j] = p * pair_row(i)[j];
    }
  }
  std::vector<double> squared(m * n), h(m * n), product(m * 2 * n);
  for (std::size_t c = 0; c < m; ++c) {
    const auto to = distances_to(points.subspan(c * d_, d_));
    std::copy(to.begin(), to.end(), squared.begin() + static_cast<std::ptrdiff_t>(c * n));
  }
  kernel_.evaluate(squared, {}, h);
  const kernels::ProductShape shape{m, 2 * n, n};
  std::vector<double> room(kernels::gemm_room(shape));
  kernels::gemm(kernels::Product::nt, shape, {h.data(), n}, {both.data(), n},
                {product.data(), 2 * n}, false, room);
  const double prior = static_cast<double>(d_) * kernel_.slope_at_zero();
  for (std::size_t c = 0; c < m; ++c) {
    const std::span<const double> own(h.data() + c * n, n);
    const std::span<double> far(squared.data() + c * n, n);
    for (std::size_t j = 0; j < n; ++j) far[j] *= own[j];
    const std::span<const double> weights(product.data() + c * 2 * n, 2 * n);
    const double known =
        kernels::dot(far, weights.first(n)) - 0.5 * kernels::dot(own, weights.last(n));
    out[c] = std::clamp(1 - known / prior, 0.0, 1.0);
  }
}

// ---- Random features --------------------------------------------------------------------------

FeatureBasis::FeatureBasis(std::size_t features, std::size_t dimension, const Stream& stream)
    : d(dimension), normals(features * dimension), phases(features), scales(features) {
  stream.sub(0).fill_normal(normals);
  stream.sub(1).fill_uniform(phases);
  kernels::scale(2 * std::numbers::pi, phases);
  constexpr double degrees = 5;
  Stream chi = stream.sub(2);
  for (double& s : scales) s = std::sqrt(degrees / (2 * gamma(chi, degrees / 2)));
}

RandomFeatures::RandomFeatures(const FeatureBasis& basis, const RadialKernel& kernel)
    : basis_(&basis),
      inverse_length_(1 / kernel.length),
      is_scaled_(kernel.name == KernelName::matern52) {}

std::vector<double> RandomFeatures::of(std::span<const double> points) const {
  const std::size_t features = basis_->size(), d = basis_->d, n = points.size() / d;
  std::vector<double> out(n * features);
  const kernels::ProductShape shape{n, features, d};
  std::vector<double> room(kernels::gemm_room(shape));
  kernels::gemm(kernels::Product::nt, shape, {points.data(), d}, {basis_->normals.data(), d},
                {out.data(), features}, false, room);
  for (std::size_t i = 0; i < n; ++i) {
    const std::span<double> row(out.data() + i * features, features);
    for (std::size_t m = 0; m < features; ++m) {
      row[m] = frequency(m) * row[m] + basis_->phases[m];
    }
  }
  kernels::cos(out, out);
  kernels::scale(std::sqrt(2 / static_cast<double>(features)), out);
  return out;
}

Vec RandomFeatures::fit(const QueryStore& store, std::span<const double> x, std::size_t most,
                        double noise) const {
  const std::size_t features = basis_->size();
  Vec w = Vec::Zero(static_cast<Index>(features));
  const auto ids = store.nearest(x, most);
  const std::size_t n = ids.size();
  if (n == 0) return w;
  std::vector<double> points, values;
  for (const std::uint32_t id : ids) {
    const auto p = store.point(id);
    points.insert(points.end(), p.begin(), p.end());
    values.push_back(store.value(id));
  }
  const std::vector<double> phi = of(points);
  std::vector<double> gram(n * n);
  const kernels::ProductShape shape{n, n, features};
  std::vector<double> room(kernels::gemm_room(shape));
  kernels::gemm(kernels::Product::nt, shape, {phi.data(), features}, {phi.data(), features},
                {gram.data(), n}, false, room);
  const double level = mean_of(values);
  GrowingCholesky factor;
  for (std::size_t i = 0; i < n; ++i) {
    values[i] -= level;
    const std::span<const double> row(gram.data() + i * n, n);
    if (!factor.append(row.first(i), row[i] + noise)) {
      w.setConstant(std::numeric_limits<double>::quiet_NaN());
      return w;
    }
  }
  factor.solve(values);
  for (std::size_t i = 0; i < n; ++i) {
    kernels::axpy(values[i], std::span(phi).subspan(i * features, features), as_mutable_span(w));
  }
  return w;
}

double RandomFeatures::value(VecView w, VecView x) const {
  return kernels::dot(as_span(w), of(as_span(x)));
}

void RandomFeatures::add_gradient(double a, VecView w, VecView x, VecRef g) const {
  const std::size_t features = basis_->size(), d = basis_->d;
  std::vector<double> angle(features);
  for (std::size_t m = 0; m < features; ++m) {
    const std::span<const double> z(basis_->normals.data() + m * d, d);
    angle[m] = frequency(m) * kernels::dot(z, as_span(x)) + basis_->phases[m];
  }
  kernels::sin(angle, angle);
  const double scale = -a * std::sqrt(2 / static_cast<double>(features));
  for (std::size_t m = 0; m < features; ++m) {
    const std::span<const double> z(basis_->normals.data() + m * d, d);
    kernels::axpy(scale * w[static_cast<Index>(m)] * frequency(m) * angle[m], z,
                  as_mutable_span(g));
  }
}

}  // namespace cohort
