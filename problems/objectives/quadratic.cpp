#include "problems/objectives/quadratic.hpp"

#include <fmt/format.h>

#include "core/check.hpp"
#include "core/kernels.hpp"
#include "core/linalg.hpp"
#include "core/random.hpp"
#include "problems/objectives/row_sum.hpp"

namespace cohort {

namespace {

std::span<double> column(Mat& m, std::uint64_t j) {
  const auto rows = static_cast<std::size_t>(m.rows());
  return {m.data() + j * rows, rows};
}
std::span<const double> column(const Mat& m, std::uint64_t j) {
  const auto rows = static_cast<std::size_t>(m.rows());
  return {m.data() + j * rows, rows};
}

/// λ_k = L κ^{−u_k}, u_k = (1 − spread) k/(d − 1) + spread · uniform.
void draw_spectrum(const QuadraticOptions& options, const Stream& stream,
                   std::span<double> spectrum) {
  stream.fill_uniform(spectrum);
  const double blend = options.spectrum_spread;
  const double last = static_cast<double>(std::max<std::size_t>(spectrum.size() - 1, 1));
  const double log_condition = kernels::log(options.condition);
  for (std::size_t k = 0; k < spectrum.size(); ++k) {
    const double even = static_cast<double>(k) / last;
    spectrum[k] = -log_condition * ((1 - blend) * even + blend * spectrum[k]);
  }
  kernels::exp(spectrum, spectrum);
  kernels::scale(options.smoothness, spectrum);
}

}  // namespace

Quadratic::Quadratic(const QuadraticOptions& options, std::uint64_t seed, std::uint64_t clients)
    : options_(options), clients_(clients) {
  const auto d = static_cast<Index>(options.dimension);
  const auto n = static_cast<Index>(clients);
  layout_.append("weight", 1, options.dimension, SegmentKind::weight);
  minimisers_.resize(d, n);
  spectra_.resize(d, options.spectrum_spread == 0 ? 1 : n);
  reflectors_.resize(d, n * static_cast<Index>(options.reflections));

  Vec common(d);
  Stream(seed, Purpose::synthetic_problem, 0, 1).fill_normal(as_mutable_span(common));
  for (std::uint64_t i = 0; i < clients; ++i) {
    const Stream stream(seed, Purpose::synthetic_problem, i);
    const auto b = column(minimisers_, i);
    stream.sub(0).fill_normal(b);
    kernels::axpby(1.0, as_span(common), options.optimum_spread, b);
    if (i < static_cast<std::uint64_t>(spectra_.cols())) {
      draw_spectrum(options, stream.sub(1), column(spectra_, i));
    }
    for (std::uint64_t k = 0; k < options.reflections; ++k) {
      const auto u = column(reflectors_, i * options.reflections + k);
      stream.sub(2 + k).fill_normal(u);
      kernels::scale(1 / kernels::norm(u), u);
    }
  }
}

Capabilities Quadratic::capabilities() const {
  return {Query::value, Query::losses,  Query::gradient, Query::hvp,
          Query::jvp,   Query::hessian, Query::line,     Query::gram};
}

std::uint64_t Quadratic::rows(RowSource source, ClientId client) const {
  return source == RowSource::client && client.value < clients_ ? 1 : 0;
}

void Quadratic::apply(ClientId client, std::span<double> x) const {
  const std::uint64_t m = options_.reflections;
  const auto reflect = [&](std::uint64_t k) {
    const auto u = column(reflectors_, client.value * m + k);
    kernels::axpy(-2 * kernels::dot(u, x), u, x);
  };
  for (std::uint64_t k = 0; k < m; ++k) reflect(k);
  as_vec(x).array() *=
      spectra_.col(spectra_.cols() == 1 ? 0 : static_cast<Index>(client.value)).array();
  for (std::uint64_t k = m; k-- > 0;) reflect(k);
}

double Quadratic::gradient_of(ClientId client, VecView w, std::span<double> difference,
                              std::span<double> out) const {
  as_vec(difference) = w - minimisers_.col(static_cast<Index>(client.value));
  std::copy(difference.begin(), difference.end(), out.begin());
  apply(client, out);
  return 0.5 * kernels::dot(difference, out);
}

namespace {

/// Room for w − b_i, and for A_i (w − b_i).
struct Room {
  Room(Function::Context context, std::size_t d)
      : difference(scratch(context, ScratchSlot::rows, d)),
        product(scratch(context, ScratchSlot::accumulator, d)) {}
  std::span<double> difference;
  std::span<double> product;
};

}  // namespace

double Quadratic::value(Context context, const Sample& sample, VecView w) const {
  if (sample.rows() == 0) return 0;
  const Room room(context, options_.dimension);
  return gradient_of(sample.client, w, room.difference, room.product);
}

void Quadratic::losses(Context context, const Sample& sample, VecView w,
                       std::span<double> out) const {
  std::fill(out.begin(), out.end(), value(context, sample, w));
}

double Quadratic::gradient(Context context, const Sample& sample, VecView w,
                           std::span<const double> weights, VecRef g) const {
  const std::uint64_t n = sample.rows();
  if (n == 0) {
    g.setZero();
    return 0;
  }
  const Room room(context, options_.dimension);
  const double value = gradient_of(sample.client, w, room.difference, as_mutable_span(g));
  if (weights.empty()) return value;
  const double mean = kernels::sum(weights) / static_cast<double>(n);
  g *= mean;
  return mean * value;
}

void Quadratic::hvp(Context, const Sample& sample, VecView, VecView v, VecRef out) const {
  if (sample.rows() == 0) {
    out.setZero();
    return;
  }
  out = v;
  apply(sample.client, as_mutable_span(out));
}

double Quadratic::jvp(Context context, const Sample& sample, VecView w, VecView v) const {
  if (sample.rows() == 0) return 0;
  const Room room(context, options_.dimension);
  gradient_of(sample.client, w, room.difference, room.product);
  return kernels::dot(room.product, as_span(v));
}

void Quadratic::hessian(Context context, const Sample& sample, VecView, HessianSink& sink) const {
  if (sample.rows() == 0) return;
  const Room room(context, options_.dimension);
  const auto x = room.product;
  for (std::size_t j = 0; j < x.size(); ++j) {
    std::fill(x.begin(), x.end(), 0.0);
    x[j] = 1;
    apply(sample.client, x);
    for (std::size_t i = 0; i <= j; ++i) sink.add(i, j, x[i]);
  }
}

namespace {

/// φ(t) = c0 + c1 t + c2 t²
class QuadraticLine final : public Line {
 public:
  QuadraticLine(double c0, double c1, double c2) : c0_(c0), c1_(c1), c2_(c2) {}
  LinePoint at(double t, int order) override {
    return {c0_ + t * (c1_ + t * c2_), order < 1 ? 0 : c1_ + 2 * t * c2_, order < 2 ? 0 : 2 * c2_,
            0};
  }

 private:
  double c0_;
  double c1_;
  double c2_;
};

}  // namespace

std::unique_ptr<Line> Quadratic::along(Context context, const Sample& sample, VecView w,
                                       VecView v) const {
  if (sample.rows() == 0) return std::make_unique<QuadraticLine>(0, 0, 0);
  const Room room(context, options_.dimension);
  const double c0 = gradient_of(sample.client, w, room.difference, room.product);
  const double c1 = kernels::dot(room.product, as_span(v));
  as_vec(room.product) = v;
  apply(sample.client, room.product);
  return std::make_unique<QuadraticLine>(c0, c1, 0.5 * kernels::dot(room.product, as_span(v)));
}

void Quadratic::gram(Context context, const Sample& sample, VecView w, Eigen::Ref<Mat> out) const {
  if (sample.rows() == 0) return;
  const Room room(context, options_.dimension);
  gradient_of(sample.client, w, room.difference, room.product);
  out.setConstant(kernels::squared_norm(room.product));
}

bool Quadratic::has_minimiser() const { return options_.dimension <= solvable_dimension; }

Vec Quadratic::minimiser(std::span<const double> weights) const {
  COHORT_CHECK(has_minimiser(), fmt::format("a dense system of dimension {}, at most {}",
                                            options_.dimension, solvable_dimension));
  COHORT_CHECK(weights.size() == clients_,
               fmt::format("{} weights for {} clients", weights.size(), clients_));
  const auto d = static_cast<Index>(options_.dimension);
  Mat a = Mat::Zero(d, d);
  Vec right = Vec::Zero(d);
  Vec x(d);
  for (std::uint64_t i = 0; i < clients_; ++i) {
    if (weights[i] == 0) continue;
    for (Index j = 0; j < d; ++j) {
      x.setZero();
      x[j] = weights[i];
      apply(ClientId(i), as_mutable_span(x));
      a.col(j) += x;
    }
    x = minimisers_.col(static_cast<Index>(i));
    apply(ClientId(i), as_mutable_span(x));
    right += weights[i] * x;
  }
  return *solve_spd(a, right);
}

Vec Quadratic::client_minimiser(ClientId client) const {
  return minimisers_.col(static_cast<Index>(client.value));
}

Result<std::unique_ptr<Function>> QuadraticProblem::make(const Options& options, std::uint64_t seed,
                                                         std::uint64_t clients) {
  if (clients == 0) return bad_input("problem quadratic: there are no clients");
  return std::unique_ptr<Function>(std::make_unique<Quadratic>(options, seed, clients));
}

}  // namespace cohort
