#include "problems/derivative_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/kernels.hpp"
#include "core/random.hpp"

namespace cohort {

bool DerivativeReport::passed() const {
  return std::all_of(checks.begin(), checks.end(), [](const auto& c) { return c.passed; });
}

std::string DerivativeReport::to_string(bool all) const {
  std::string out;
  for (const DerivativeCheck& c : checks) {
    if (c.passed && !all) continue;
    out += fmt::format(
        "{} {}: coordinate {}: {:.17g}, expected {:.17g}: apart by {:.3g}, "
        "tolerance {:.3g}\n",
        c.passed ? "ok    " : "FAILED", c.what, c.coordinate, c.given, c.expected,
        std::abs(c.given - c.expected), c.tolerance);
  }
  return out;
}

namespace {

using derivative_tolerance::difference;
using derivative_tolerance::rounding;

/// Collects H in full, and what a sink must not be told.
class DenseSink final : public HessianSink {
 public:
  explicit DenseSink(std::size_t d)
      : matrix(Mat::Zero(static_cast<Index>(d), static_cast<Index>(d))), seen_(d * d, false) {}
  void add(std::size_t i, std::size_t j, double value) override {
    const auto d = static_cast<std::size_t>(matrix.rows());
    if (i > j || j >= d || seen_[i * d + j]) {
      ++misplaced;
      return;
    }
    seen_[i * d + j] = true;
    matrix(static_cast<Index>(i), static_cast<Index>(j)) = value;
    matrix(static_cast<Index>(j), static_cast<Index>(i)) = value;
  }

  Mat matrix;
  std::size_t misplaced = 0;  // outside the upper triangle, or told twice

 private:
  std::vector<bool> seen_;
};

class Checker {
 public:
  Checker(const Function& f, Function::Context context, const Sample& sample, VecView w,
          std::uint64_t seed)
      : f_(f),
        context_(context),
        sample_(sample),
        w_(w),
        v_(w.size()),
        weights_(sample.rows()),
        n_(static_cast<Index>(sample.rows())),
        value_(f.value(context, sample, w)) {
    const Stream stream(seed, Purpose::directions);
    stream.sub(0).fill_normal(as_mutable_span(v_));
    if (v_.size() > 0) v_ /= kernels::norm(as_span(v_));
    stream.sub(1).fill_uniform(weights_);
    scale_ = std::max(1.0, std::abs(value_));
  }

  DerivativeReport run() {
    const Capabilities can = f_.capabilities();
    if (can.has(Query::gradient)) {
      gradient();
      weighted_gradient();
      if (can.has(Query::jvp)) jvp();
      if (can.has(Query::hvp)) hvp();
      if (can.has(Query::line)) line();
      if (can.has(Query::gram)) gram();
      if (can.has(Query::linear_view)) linear_view();
    }
    if (can.has(Query::losses)) losses();
    if (can.has(Query::hvp) && can.has(Query::hessian)) hessian();
    return std::move(report_);
  }

 private:
  // ---- Comparisons

  void compare(std::string what, std::span<const double> given, std::span<const double> expected,
               double tolerance) {
    DerivativeCheck check{std::move(what), 0, 0, 0, 0, true};
    double scale = scale_;
    for (std::size_t k = 0; k < given.size(); ++k) {
      scale = std::max({scale, std::abs(given[k]), std::abs(expected[k])});
    }
    check.tolerance = tolerance * scale;
    double worst = -1;
    for (std::size_t k = 0; k < given.size(); ++k) {
      const double apart = std::abs(given[k] - expected[k]);
      if (apart <= worst) continue;
      check.coordinate = k;
      check.given = given[k];
      check.expected = expected[k];
      check.passed = apart <= check.tolerance;
      if (std::isnan(apart)) break;
      worst = apart;
    }
    report_.checks.push_back(std::move(check));
  }
  void compare(std::string what, double given, double expected, double tolerance) {
    compare(std::move(what), {&given, 1}, {&expected, 1}, tolerance);
  }

  // ---- What the function says elsewhere

  Vec gradient_at(const Vec& w, std::span<const double> weights = {}) const {
    Vec g(w.size());
    f_.gradient(context_, sample_, w, weights, g);
    return g;
  }
  double value_at(const Vec& w, std::span<const double> weights = {}) const {
    if (weights.empty()) return f_.value(context_, sample_, w);
    Vec g(w.size());
    return f_.gradient(context_, sample_, w, weights, g);
  }
  double step(Index i) const { return difference_step * std::max(1.0, std::abs(w_[i])); }

  Vec differences_of_value(std::span<const double> weights) const {
    Vec out(w_.size());
    Vec w = w_;
    for (Index i = 0; i < w.size(); ++i) {
      w[i] = w_[i] + step(i);
      const double above = w[i];
      const double upper = value_at(w, weights);
      w[i] = w_[i] - step(i);
      // What the sums rounded to is the step that was taken.
      out[i] = (upper - value_at(w, weights)) / (above - w[i]);
      w[i] = w_[i];
    }
    return out;
  }

  // ---- Checks

  void gradient() {
    Vec g(w_.size());
    compare("value of gradient = value", f_.gradient(context_, sample_, w_, {}, g), value_,
            rounding);
    compare("gradient = differences of value", as_span(g), as_span(differences_of_value({})),
            difference);
  }

  void weighted_gradient() {
    if (n_ == 0) return;
    compare("weighted gradient = differences of its value", as_span(gradient_at(w_, weights_)),
            as_span(differences_of_value(weights_)), difference);
    const std::vector<double> ones(weights_.size(), 1.0);
    compare("gradient with weights 1 = gradient", as_span(gradient_at(w_, ones)),
            as_span(gradient_at(w_)), rounding);
  }

  void losses() {
    std::vector<double> losses(sample_.rows());
    f_.losses(context_, sample_, w_, losses);
    const double total = kernels::sum(losses);
    const double rows = std::max(1.0, static_cast<double>(n_));
    compare("mean of losses + regulariser = value", total / rows + f_.regulariser(w_), value_,
            rounding);
    std::vector<double> predicted(sample_.rows());
    std::vector<double> scores(sample_.rows() * f_.prediction().columns);
    f_.predict(context_, sample_, w_, predicted, scores);
    compare("losses of predict = losses", predicted, losses, rounding);
    if (f_.capabilities().has(Query::gradient) && n_ > 0) {
      compare("weighted value = weighted losses + regulariser", value_at(w_, weights_),
              kernels::dot(weights_, losses) / rows + f_.regulariser(w_), rounding);
    }
  }

  void jvp() {
    compare("jvp = gradient · v", f_.jvp(context_, sample_, w_, v_),
            kernels::dot(as_span(gradient_at(w_)), as_span(v_)), rounding);
  }

  void hvp() {
    Vec given(w_.size());
    f_.hvp(context_, sample_, w_, v_, given);
    const double h = difference_step * std::max(1.0, kernels::norm(as_span(w_)));
    const Vec expected = (gradient_at(w_ + h * v_) - gradient_at(w_ - h * v_)) / (2 * h);
    compare("hvp = differences of gradient", as_span(given), as_span(expected), difference);
  }

  void hessian() {
    DenseSink sink(static_cast<std::size_t>(w_.size()));
    f_.hessian(context_, sample_, w_, sink);
    compare("Hessian entries outside the upper triangle, or given twice",
            static_cast<double>(sink.misplaced), 0, rounding);
    Mat columns(w_.size(), w_.size());
    Vec unit = Vec::Zero(w_.size());
    for (Index j = 0; j < w_.size(); ++j) {
      unit[j] = 1;
      f_.hvp(context_, sample_, w_, unit, columns.col(j));
      unit[j] = 0;
    }
    const auto size = static_cast<std::size_t>(columns.size());
    compare("Hessian = hvp of the unit vectors", {sink.matrix.data(), size}, {columns.data(), size},
            rounding);
  }

  void line() {
    const auto line = f_.along(context_, sample_, w_, v_);
    for (const double t : {0.0, 0.7, -1.3}) {
      const std::string at = fmt::format(" at {}", t);
      const LinePoint p = line->at(t, 3);
      const Vec w = w_ + t * v_;
      compare("line: value" + at, p.value, value_at(w), rounding);
      compare("line: first derivative" + at, p.first,
              kernels::dot(as_span(gradient_at(w)), as_span(v_)), rounding);
      const LinePoint above = line->at(t + difference_step, 3);
      const LinePoint below = line->at(t - difference_step, 3);
      const double h = (t + difference_step) - (t - difference_step);
      compare("line: second derivative" + at, p.second, (above.first - below.first) / h,
              difference);
      compare("line: third derivative" + at, p.third, (above.second - below.second) / h,
              difference);
      for (int order = 0; order < 3; ++order) {
        const LinePoint q = line->at(t, order);
        const double given[] = {q.value, q.first, q.second, q.third};
        const double expected[] = {p.value, order < 1 ? 0 : p.first, order < 2 ? 0 : p.second, 0};
        compare(fmt::format("line: orders to {} only{}", order, at), given, expected, rounding);
      }
    }
  }

  /// ∇ℓ_j of each row, [d × b]: b times (the gradient with weight 1 for row j alone, less ∇r).
  Mat row_gradients() const {
    std::vector<double> one(weights_.size(), 0.0);
    const Vec of_regulariser = gradient_at(w_, one);
    Mat rows(w_.size(), n_);
    for (Index j = 0; j < n_; ++j) {
      one[static_cast<std::size_t>(j)] = 1;
      rows.col(j) = static_cast<double>(n_) * (gradient_at(w_, one) - of_regulariser);
      one[static_cast<std::size_t>(j)] = 0;
    }
    return rows;
  }

  void gram() {
    if (n_ == 0) return;
    Mat given(n_, n_);
    f_.gram(context_, sample_, w_, given);
    const Mat rows = row_gradients();
    Mat expected(n_, n_);
    for (Index i = 0; i < n_; ++i) {
      for (Index j = 0; j < n_; ++j) {
        expected(i, j) = kernels::dot(as_span(Vec(rows.col(i))), as_span(Vec(rows.col(j))));
      }
    }
    const auto size = static_cast<std::size_t>(given.size());
    compare("gram = products of row gradients", {given.data(), size}, {expected.data(), size},
            rounding);
  }

  void linear_view() {
    if (n_ == 0) return;
    const LinearView view = f_.linear_view(context_, sample_, w_);
    const std::vector<double> none(weights_.size(), 0.0);
    const double rows = static_cast<double>(n_);
    std::vector<double> margins(view.rows.size());
    Vec g = gradient_at(w_, none);
    Sample no_rows = sample_;
    no_rows.count = 0;
    no_rows.picks = {};
    Vec curved = Vec::Zero(w_.size());
    if (f_.capabilities().has(Query::hvp)) {
      f_.hvp(context_, no_rows, w_, v_, curved);  // ∇²r v
    }
    for (std::size_t j = 0; j < view.rows.size(); ++j) {
      double slope = 0;
      for (const auto& [i, x] : view.rows[j]) {
        margins[j] += x * w_[i];
        slope += x * v_[i];
      }
      for (const auto& [i, x] : view.rows[j]) {
        g[i] += view.residuals[j] * x / rows;
        curved[i] += view.curvatures[j] * slope * x / rows;
      }
    }
    compare("linear view: margins = rows · w", view.margins, margins, rounding);
    compare("linear view: residuals of the rows = gradient", as_span(g), as_span(gradient_at(w_)),
            rounding);
    if (!f_.capabilities().has(Query::hvp)) return;
    Vec hv(w_.size());
    f_.hvp(context_, sample_, w_, v_, hv);
    compare("linear view: curvatures of the rows = hvp", as_span(curved), as_span(hv), rounding);
  }

  static constexpr double difference_step = 6.055454452393343e-06;  // ε^⅓

  const Function& f_;
  Function::Context context_;
  Sample sample_;
  Vec w_;
  Vec v_;                        // a random direction of length 1
  std::vector<double> weights_;  // [b] in (0, 1)
  Index n_;
  double value_;
  double scale_ = 1;
  DerivativeReport report_;
};

}  // namespace

DerivativeReport check_derivatives(const Function& function, Function::Context context,
                                   const Sample& sample, VecView w, std::uint64_t seed) {
  return Checker(function, context, sample, w, seed).run();
}

}  // namespace cohort
