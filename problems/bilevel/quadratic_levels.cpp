#include "problems/bilevel/quadratic_levels.hpp"

#include <fmt/format.h>

#include "core/check.hpp"
#include "core/kernels.hpp"
#include "core/linalg.hpp"
#include "core/random.hpp"

namespace cohort {

namespace {

std::span<const double> column(const Mat& m, Index j) {
  const auto rows = static_cast<std::size_t>(m.rows());
  return {m.data() + static_cast<std::size_t>(j) * rows, rows};
}
std::span<double> all_of(Mat& m) { return {m.data(), static_cast<std::size_t>(m.size())}; }

/// out ← Mᵀ v
void transposed_product(const Mat& m, VecView v, VecRef out) {
  for (Index j = 0; j < m.cols(); ++j) out[j] = kernels::dot(column(m, j), as_span(v));
}
/// out ← out + M v
void add_product(const Mat& m, VecView v, std::span<double> out) {
  for (Index j = 0; j < m.cols(); ++j) kernels::axpy(v[j], column(m, j), out);
}
Vec solved(const Mat& a, const Vec& b) {
  auto x = solve_spd(a, b);
  COHORT_CHECK(static_cast<bool>(x), "the mean Hessian of the lower level is positive definite");
  return *std::move(x);
}

}  // namespace

QuadraticLevel::QuadraticLevel(std::string name, Layout layout, Parts parts)
    : name_(std::move(name)), layout_(std::move(layout)), parts_(std::move(parts)) {}

std::uint64_t QuadraticLevel::rows(RowSource source, ClientId client) const {
  return source == RowSource::client && client.value < parts_.m.size() ? parts_.rows : 0;
}

double QuadraticLevel::gradient(Context, const Sample& sample, VecView w,
                                std::span<const double> weights, VecRef g) const {
  g.setZero();
  const std::uint64_t n = sample.rows();
  if (n == 0) return 0;
  const auto client = static_cast<Index>(sample.client.value);
  const double share = 1 / static_cast<double>(n);
  const double scale = weights.empty() ? 1 : kernels::sum(weights) * share;
  const auto linear = as_vec(column(parts_.b, client));
  transposed_product(parts_.m[sample.client.value], w, g);
  const double half = 0.5 * kernels::dot(as_span(VecView(g)), as_span(w));
  double value = scale * (half - kernels::dot(column(parts_.b, client), as_span(w)));
  g = scale * (g - linear);
  if (parts_.slopes.size() == 0) return value;
  const bool is_all = n == parts_.rows && sample.picks.empty() && weights.empty();
  for (std::uint64_t j = 0; j < (is_all ? 0 : n); ++j) {
    const auto slope = column(parts_.slopes, client * static_cast<Index>(parts_.rows) +
                                                 static_cast<Index>(sample.row(j)));
    const double part = share * (weights.empty() ? 1 : weights[j]);
    kernels::axpy(part, slope, as_mutable_span(g));
    value += part * kernels::dot(slope, as_span(w));
  }
  return value;
}

double QuadraticLevel::value(Context context, const Sample& sample, VecView w) const {
  Vec g(w.size());
  return gradient(context, sample, w, {}, g);
}

void QuadraticLevel::losses(Context context, const Sample& sample, VecView w,
                            std::span<double> out) const {
  for (std::uint64_t j = 0; j < sample.rows(); ++j) {
    const auto row = static_cast<std::uint32_t>(sample.row(j));
    Sample one = sample;
    one.first = 0;
    one.picks = {&row, 1};
    out[j] = value(context, one, w);
  }
}

double QuadraticLevel::jvp(Context context, const Sample& sample, VecView w, VecView v) const {
  Vec g(w.size());
  gradient(context, sample, w, {}, g);
  return kernels::dot(as_span(g), as_span(v));
}

void QuadraticLevel::hvp(Context, const Sample& sample, VecView, VecView v, VecRef out) const {
  if (sample.rows() == 0) {
    out.setZero();
  } else {
    transposed_product(parts_.m[sample.client.value], v, out);
  }
}

void QuadraticLevel::hessian(Context, const Sample& sample, VecView, HessianSink& sink) const {
  if (sample.rows() == 0) return;
  const Mat& m = parts_.m[sample.client.value];
  for (Index j = 0; j < m.cols(); ++j) {
    for (Index i = 0; i <= j; ++i) {
      sink.add(static_cast<std::size_t>(i), static_cast<std::size_t>(j), m(i, j));
    }
  }
}

Mat QuadraticLevel::mean_matrix(std::span<const double> weights) const {
  Mat mean = Mat::Zero(parts_.b.rows(), parts_.b.rows());
  for (std::size_t i = 0; i < weights.size(); ++i) mean += weights[i] * parts_.m[i];
  return mean;
}
Vec QuadraticLevel::mean_linear(std::span<const double> weights) const {
  Vec mean = Vec::Zero(parts_.b.rows());
  for (std::size_t i = 0; i < weights.size(); ++i) {
    mean += weights[i] * parts_.b.col(static_cast<Index>(i));
  }
  return mean;
}

// ---- Both levels ------------------------------------------------------------------------------

BilevelQuadratic::BilevelQuadratic(Layout layout, Parts upper, Parts lower)
    : QuadraticLevel("bilevel_quadratic", layout, std::move(upper)),
      lower_("the lower level of bilevel_quadratic", layout, std::move(lower)),
      upper_(static_cast<Index>(layout.upper())) {}

BilevelQuadratic::Solution BilevelQuadratic::solution(std::span<const double> weights) const {
  const Mat g = lower_.mean_matrix(weights);
  const Index n = g.rows() - upper_;
  const Mat h = g.bottomRightCorner(n, n);
  Solution s{Mat(n, upper_), solved(h, lower_.mean_linear(weights).tail(n))};
  for (Index j = 0; j < upper_; ++j) s.slope.col(j) = solved(h, -g.col(j).tail(n));
  return s;
}

Vec BilevelQuadratic::lower_solution(std::span<const double> weights, VecView x) const {
  const Solution s = solution(weights);
  Vec y = s.offset;
  add_product(s.slope, x, as_mutable_span(y));
  return y;
}

Vec BilevelQuadratic::hypergradient(std::span<const double> weights, VecView x) const {
  const Solution s = solution(weights);
  const Mat f = mean_matrix(weights);
  const Index n = s.offset.size();
  Vec y = s.offset;
  add_product(s.slope, x, as_mutable_span(y));
  Vec residual(n);
  transposed_product(f.bottomRightCorner(n, n), y, residual);
  residual -= mean_linear(weights).tail(n);
  Vec gradient(upper_);
  transposed_product(s.slope, residual, gradient);
  add_product(f.topLeftCorner(upper_, upper_), x, as_mutable_span(gradient));
  return gradient;
}

Vec BilevelQuadratic::minimiser(std::span<const double> weights) const {
  // ∇F is affine: its columns at the unit vectors are the Hessian of F.
  Vec x = Vec::Zero(upper_);
  const Vec at_zero = hypergradient(weights, x);
  Mat hessian(upper_, upper_);
  for (Index j = 0; j < upper_; ++j) {
    x[j] = 1;
    hessian.col(j) = hypergradient(weights, x) - at_zero;
    x[j] = 0;
  }
  const Vec best = solved(hessian, -at_zero);
  Vec w(upper_ + static_cast<Index>(layout().size() - layout().upper()));
  w << best, lower_solution(weights, best);
  return w;
}

double BilevelQuadratic::distance(VecView w, VecView minimiser) const {
  return std::sqrt(kernels::squared_distance(as_span(w).first(layout().upper()),
                                             as_span(minimiser).first(layout().upper())));
}

// ---- The problem ------------------------------------------------------------------------------

namespace {

/// common + spread · own, both standard normal.
class Draws {
 public:
  Draws(std::uint64_t seed, std::uint64_t client, double spread)
      : common_(seed, Purpose::synthetic_problem, 0, 1),
        own_(seed, Purpose::synthetic_problem, client),
        spread_(spread) {}
  Mat matrix(std::uint64_t part, Index rows, Index cols) const {
    Mat common(rows, cols), own(rows, cols);
    common_.sub(part).fill_normal(all_of(common));
    own_.sub(part).fill_normal(all_of(own));
    return common + spread_ * own;
  }

 private:
  Stream common_;
  Stream own_;
  double spread_;
};

/// R diag(λ) R, R = I − 2 u uᵀ / ‖u‖².
Mat reflected(const Vec& eigenvalues, const Vec& u) {
  const Index n = u.size();
  const double norm = kernels::squared_norm(as_span(u));
  double mean = 0;  // uᵀ diag(λ) u / ‖u‖²
  for (Index i = 0; i < n; ++i) mean += u[i] * u[i] / norm * eigenvalues[i];
  Mat m(n, n);
  for (Index j = 0; j < n; ++j) {
    for (Index i = 0; i < n; ++i) {
      m(i, j) = 2 * u[i] * u[j] / norm * (2 * mean - eigenvalues[i] - eigenvalues[j]);
    }
    m(j, j) += eigenvalues[j];
  }
  return m;
}

/// s_ij of all clients: normal, less their mean over a client's rows.
Mat draw_slopes(std::uint64_t seed, std::uint64_t part, double deviation, std::uint64_t rows,
                std::uint64_t clients, Index d) {
  const auto n = static_cast<Index>(rows);
  Mat all(d, deviation == 0 ? 0 : n * static_cast<Index>(clients));
  for (Index i = 0; i * n < all.cols(); ++i) {
    Mat own(d, n);
    Stream(seed, Purpose::synthetic_problem, static_cast<std::uint64_t>(i))
        .sub(part)
        .fill_normal(all_of(own));
    Vec total = Vec::Zero(d);
    for (Index j = 0; j < n; ++j) total += own.col(j);
    for (Index j = 0; j < n; ++j) {
      all.col(i * n + j) = deviation * (own.col(j) - total / static_cast<double>(n));
    }
  }
  return all;
}

}  // namespace

Result<std::unique_ptr<Function>> BilevelQuadraticProblem::make(const Options& options,
                                                                std::uint64_t seed,
                                                                std::uint64_t clients) {
  if (clients == 0) return bad_input("problem bilevel_quadratic: there are no clients");
  if (options.rows == 1 && (options.upper_noise > 0 || options.lower_noise > 0)) {
    return bad_input(
        "problem bilevel_quadratic: noise is of the rows of a client and sums to zero over them; "
        "expected rows > 1 beside upper_noise or lower_noise, found rows = 1");
  }
  const auto m = static_cast<Index>(options.upper_dimension);
  const auto n = static_cast<Index>(options.lower_dimension);
  Layout layout;
  layout.append("x", options.upper_dimension, 1, SegmentKind::hyper);
  layout.append("y", options.lower_dimension, 1, SegmentKind::weight);

  Vec of_lower(n), of_upper(n);
  for (Index k = 0; k < n; ++k) {
    const double even = n == 1 ? 0 : static_cast<double>(k) / static_cast<double>(n - 1);
    of_lower[k] = kernels::exp(-kernels::log(options.condition) * even);
    of_upper[k] = static_cast<double>(k + 1) / static_cast<double>(n);
  }
  QuadraticLevel::Parts f, g;
  f.b = g.b = Mat::Zero(m + n, static_cast<Index>(clients));
  f.rows = g.rows = options.rows;
  f.slopes = draw_slopes(seed, 10, options.upper_noise, options.rows, clients, m + n);
  g.slopes = draw_slopes(seed, 11, options.lower_noise, options.rows, clients, m + n);
  const double coupling = options.coupling / std::sqrt(static_cast<double>(m));
  for (std::uint64_t i = 0; i < clients; ++i) {
    const Draws draw(seed, i, options.spread);
    const auto at = static_cast<Index>(i);
    f.b.col(at).tail(n) = draw.matrix(0, n, 1);
    g.b.col(at).tail(n) = draw.matrix(1, n, 1);
    Mat upper = Mat::Zero(m + n, m + n), lower = upper;
    for (Index k = 0; k < m; ++k) upper(k, k) = options.ridge;
    upper.bottomRightCorner(n, n) = reflected(of_upper, draw.matrix(2, n, 1));
    lower.bottomRightCorner(n, n) = reflected(of_lower, draw.matrix(3, n, 1));
    const Mat c = coupling * draw.matrix(4, n, m);
    lower.bottomLeftCorner(n, m) = -c;
    lower.topRightCorner(m, n) = -c.transpose();
    f.m.push_back(std::move(upper));
    g.m.push_back(std::move(lower));
  }
  return std::unique_ptr<Function>(
      std::make_unique<BilevelQuadratic>(std::move(layout), std::move(f), std::move(g)));
}

}  // namespace cohort
