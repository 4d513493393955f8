#include "problems/objectives/clipped_quadratic.hpp"

#include <algorithm>
#include <vector>

#include "core/kernels.hpp"
#include "core/random.hpp"
#include "problems/objectives/row_sum.hpp"

namespace cohort {

namespace {

constexpr double least = -10, width = 20;  // z = least + width · clip(x)

double z_of(double x) { return least + width * std::clamp(x, 0.0, 1.0); }
bool is_inside(double x) { return x > 0 && x < 1; }

}  // namespace

ClippedQuadratic::ClippedQuadratic(const ClippedQuadraticOptions& options, std::uint64_t seed,
                                   std::uint64_t clients)
    : start_(static_cast<Index>(options.dimension)),
      square_(static_cast<Index>(options.dimension), static_cast<Index>(clients)),
      linear_(static_cast<Index>(options.dimension), static_cast<Index>(clients)) {
  layout_.append("weight", 1, options.dimension, SegmentKind::weight);
  const Stream stream(seed, Purpose::synthetic_problem);
  stream.sub(0).fill_uniform(as_mutable_span(start_));
  const double even = 1 / static_cast<double>(clients);
  const auto draw = [&](std::uint64_t sub, Mat& coefficients, Index j) {
    const std::vector<double> share = dirichlet(stream.sub(sub), even, clients);
    for (std::size_t i = 0; i < clients; ++i) {
      coefficients(j, static_cast<Index>(i)) = 1 + options.divergence * (share[i] - even);
    }
  };
  for (std::uint64_t j = 0; j < options.dimension; ++j) {
    draw(1 + 2 * j, square_, static_cast<Index>(j));
    draw(2 + 2 * j, linear_, static_cast<Index>(j));
  }
}

std::uint64_t ClippedQuadratic::rows(RowSource source, ClientId client) const {
  return source == RowSource::client && client.value < static_cast<std::uint64_t>(square_.cols())
             ? 1
             : 0;
}

double ClippedQuadratic::value(Context context, const Sample& sample, VecView x) const {
  if (sample.rows() == 0) return 0;
  const auto d = static_cast<std::size_t>(x.size());
  const auto terms = scratch(context, ScratchSlot::rows, d).first(d);
  const auto a = square_.col(static_cast<Index>(sample.client.value));
  const auto b = linear_.col(static_cast<Index>(sample.client.value));
  for (Index j = 0; j < x.size(); ++j) {
    const double z = z_of(x[j]);
    terms[static_cast<std::size_t>(j)] = (a[j] * z + b[j]) * z;
  }
  return 0.1 / static_cast<double>(d) * (kernels::sum(terms) + 1);
}

void ClippedQuadratic::losses(Context context, const Sample& sample, VecView x,
                              std::span<double> out) const {
  std::fill(out.begin(), out.end(), value(context, sample, x));
}

double ClippedQuadratic::gradient(Context context, const Sample& sample, VecView x,
                                  std::span<const double> weights, VecRef g) const {
  g.setZero();
  if (sample.rows() == 0) return 0;
  const double mean = weights.empty() ? 1 : kernels::sum(weights);
  const auto a = square_.col(static_cast<Index>(sample.client.value));
  const auto b = linear_.col(static_cast<Index>(sample.client.value));
  const double scale = mean * width * 0.1 / static_cast<double>(x.size());
  for (Index j = 0; j < x.size(); ++j) {
    if (is_inside(x[j])) g[j] = scale * (2 * a[j] * z_of(x[j]) + b[j]);
  }
  return mean * value(context, sample, x);
}

void ClippedQuadratic::hvp(Context, const Sample& sample, VecView x, VecView v, VecRef out) const {
  out.setZero();
  if (sample.rows() == 0) return;
  const auto a = square_.col(static_cast<Index>(sample.client.value));
  const double scale = width * width * 0.2 / static_cast<double>(x.size());
  for (Index j = 0; j < x.size(); ++j) {
    if (is_inside(x[j])) out[j] = scale * a[j] * v[j];
  }
}

double ClippedQuadratic::jvp(Context context, const Sample& sample, VecView x, VecView v) const {
  Vec g(x.size());
  gradient(context, sample, x, {}, g);
  return kernels::dot(as_span(g), as_span(v));
}

Vec ClippedQuadratic::minimiser(std::span<const double> weights) const {
  Vec a = Vec::Zero(start_.size()), b = a, out = a;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    a += weights[i] * square_.col(static_cast<Index>(i));
    b += weights[i] * linear_.col(static_cast<Index>(i));
  }
  for (Index j = 0; j < out.size(); ++j) {
    // Without curvature the least is at an end; ends are equally far from 0, so b decides.
    const double z = a[j] > 0 ? -b[j] / (2 * a[j]) : b[j] > 0 ? least : least + width;
    out[j] = std::clamp((z - least) / width, 0.0, 1.0);
  }
  return out;
}

Result<std::unique_ptr<Function>> ClippedQuadraticProblem::make(const Options& options,
                                                                std::uint64_t seed,
                                                                std::uint64_t clients) {
  if (clients == 0) return bad_input("problem clipped_quadratic: there are no clients");
  return std::unique_ptr<Function>(std::make_unique<ClippedQuadratic>(options, seed, clients));
}

}  // namespace cohort
