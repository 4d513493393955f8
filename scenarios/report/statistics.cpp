#include "scenarios/report/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "core/check.hpp"
#include "core/kernels.hpp"

namespace cohort::report {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double epsilon = std::numeric_limits<double>::epsilon();
constexpr double level = 0.05;

// Γ(a + ½)/Γ(a): the asymptotic series in 1/a at some a + k ≥ 64, where its next term is below
// 1e-15, and down by Γ(a + ½)/Γ(a) = Γ(a + 3/2)/Γ(a + 1) · a/(a + ½).
double half_step_of_gamma(double a) {
  double factor = 1;
  for (; a < 64; a += 1) factor *= a / (a + 0.5);
  const double u = 1 / a;
  const double series =
      1 + u * (-1.0 / 8 +
               u * (1.0 / 128 + u * (5.0 / 1024 + u * (-21.0 / 32768 + u * (-399.0 / 262144)))));
  return factor * std::sqrt(a) * series;
}

// The continued fraction of the incomplete beta function (DLMF 8.17.22) by Lentz's method; it
// converges fast for x < (a + 1)/(a + b + 2).
double beta_fraction(double x, double a, double b) {
  constexpr double tiny = 1e-300;
  const auto away_from_zero = [](double v) { return std::abs(v) < tiny ? tiny : v; };
  double c = 1;
  double d = 1 / away_from_zero(1 - (a + b) * x / (a + 1));
  double value = d;
  for (int i = 1; i < 100000; ++i) {
    const double m = i;
    const auto step = [&](double coefficient) {
      d = 1 / away_from_zero(1 + coefficient * d);
      c = away_from_zero(1 + coefficient / c);
      value *= d * c;
    };
    step(m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)));
    step(-(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)));
    if (std::abs(d * c - 1) < epsilon) break;
  }
  return value;
}

double density(double t, double degrees) {
  return half_step_of_gamma(degrees / 2) / std::sqrt(degrees * std::numbers::pi) *
         kernels::exp(-(degrees + 1) / 2 * kernels::log1p(t * t / degrees));
}

double mean_of(std::span<const double> x) {
  return kernels::sum(x) / static_cast<double>(x.size());
}

double variance_of(std::span<const double> x, double mean) {
  if (x.size() < 2) return nan;
  std::vector<double> deviations(x.begin(), x.end());
  for (double& d : deviations) d -= mean;
  return kernels::squared_norm(deviations) / static_cast<double>(x.size() - 1);
}

/// t_{n−1} of the 95 % interval of n numbers.
double interval_quantile(std::size_t n) {
  static const auto of_few = [] {
    std::array<double, 65> t{};
    for (std::size_t m = 2; m < t.size(); ++m) {
      t[m] = student_quantile(1 - level / 2, static_cast<double>(m - 1));
    }
    return t;
  }();
  return n < of_few.size() ? of_few[n]
                           : student_quantile(1 - level / 2, static_cast<double>(n - 1));
}

void check_finite(std::span<const double> x) {
  COHORT_CHECK(std::all_of(x.begin(), x.end(), [](double v) { return std::isfinite(v); }),
               "statistics are of finite numbers");
}

// Of order q of the ascending x.
double quantile(std::span<const double> x, double q) {
  const double position = q * static_cast<double>(x.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const std::size_t above = std::min(below + 1, x.size() - 1);
  return x[below] + (position - static_cast<double>(below)) * (x[above] - x[below]);
}

// From a mean difference and its standard error. Numbers without spread are equal or they differ.
Difference tested(std::size_t pairs, double mean, double error, double degrees) {
  if (std::isnan(error)) return {pairs, mean, nan, nan};
  if (error == 0) return {pairs, mean, 0, mean == 0 ? 1.0 : 0.0};
  return {pairs, mean, student_quantile(1 - level / 2, degrees) * error,
          student_two_sided(mean / error, degrees)};
}

}  // namespace

double student_two_sided(double t, double degrees) {
  COHORT_CHECK(degrees >= 1, "a t distribution has at least one degree of freedom");
  if (std::isnan(t)) return nan;
  const double a = degrees / 2, b = 0.5;
  const double square = t * t;
  if (square == 0) return 1;
  if (std::isinf(square)) return 0;
  const double x = degrees / (degrees + square), rest = square / (degrees + square);
  // x^a (1 − x)^½ / B(a, ½)
  const double power = kernels::exp(-a * kernels::log1p(square / degrees)) * std::sqrt(rest) *
                       half_step_of_gamma(a) * std::numbers::inv_sqrtpi;
  if (x < (a + 1) / (a + b + 2)) return power * beta_fraction(x, a, b) / a;
  return 1 - power * beta_fraction(rest, b, a) / b;
}

double student_quantile(double p, double degrees) {
  COHORT_CHECK(p > 0 && p < 1, "a quantile is of a probability between 0 and 1");
  if (p == 0.5) return 0;
  if (p < 0.5) return -student_quantile(1 - p, degrees);
  // Newton's method on log P(|T| ≥ t) = log α, inside a bracket that shrinks.
  const double alpha = 2 * (1 - p);
  double low = 0, high = 1;
  while (student_two_sided(high, degrees) > alpha) {
    low = high;
    high *= 2;
  }
  double t = low + (high - low) / 2;
  for (int i = 0; i < 200; ++i) {
    const double tail = student_two_sided(t, degrees);
    (tail > alpha ? low : high) = t;
    const double step = tail / (2 * density(t, degrees)) * kernels::log(tail / alpha);
    double next = t + step;
    if (!(next > low && next < high)) next = low + (high - low) / 2;
    const bool is_there = std::abs(next - t) <= 2 * epsilon * next;
    t = next;
    if (is_there) break;
  }
  return t;
}

Estimate estimate(std::span<const double> values) {
  check_finite(values);
  if (values.empty()) return {0, nan, nan, nan, nan, nan, nan, nan, nan};
  std::vector<double> x(values.begin(), values.end());
  std::sort(x.begin(), x.end());
  Estimate e;
  e.n = x.size();
  e.mean = mean_of(x);
  e.deviation = std::sqrt(variance_of(x, e.mean));
  e.half_width = nan;
  if (e.n >= 2) {
    e.half_width = interval_quantile(e.n) * e.deviation / std::sqrt(static_cast<double>(e.n));
  }
  e.median = quantile(x, 0.5);
  e.first_quartile = quantile(x, 0.25);
  e.third_quartile = quantile(x, 0.75);
  e.least = x.front();
  e.greatest = x.back();
  return e;
}

Difference paired_difference(std::span<const double> a, std::span<const double> b) {
  COHORT_CHECK(a.size() == b.size(), "pairs are of two equally long lists");
  check_finite(a);
  check_finite(b);
  if (a.empty()) return {0, nan, nan, nan};
  std::vector<double> d(a.begin(), a.end());
  kernels::subtract(b, d);
  const double mean = mean_of(d);
  const auto n = static_cast<double>(d.size());
  return tested(d.size(), mean, std::sqrt(variance_of(d, mean) / n), n - 1);
}

Difference welch_difference(std::span<const double> a, std::span<const double> b) {
  check_finite(a);
  check_finite(b);
  if (a.empty() || b.empty()) return {0, nan, nan, nan};
  const double mean_a = mean_of(a), mean_b = mean_of(b);
  const auto n = static_cast<double>(a.size()), m = static_cast<double>(b.size());
  const double va = variance_of(a, mean_a) / n, vb = variance_of(b, mean_b) / m;
  const double degrees = (va + vb) * (va + vb) / (va * va / (n - 1) + vb * vb / (m - 1));
  return tested(0, mean_a - mean_b, std::sqrt(va + vb), degrees);
}

Difference difference_on_shared_seeds(const SeededValues& a, const SeededValues& b) {
  std::vector<double> left, right;
  std::size_t j = 0;
  for (std::size_t i = 0; i < a.seeds.size(); ++i) {
    while (j < b.seeds.size() && b.seeds[j] < a.seeds[i]) ++j;
    if (j == b.seeds.size() || b.seeds[j] != a.seeds[i]) continue;
    left.push_back(a.values[i]);
    right.push_back(b.values[j]);
  }
  return paired_difference(left, right);
}

std::vector<Mark> mark_best(std::span<const SeededValues> series, bool higher_is_better) {
  std::vector<Mark> marks(series.size(), Mark::plain);
  const SeededValues* best = nullptr;
  double best_mean = nan;
  for (const SeededValues& one : series) {
    if (one.values.empty()) continue;
    const double mean = mean_of(one.values);
    if (best != nullptr && !(higher_is_better ? mean > best_mean : mean < best_mean)) continue;
    best = &one;
    best_mean = mean;
  }
  for (std::size_t i = 0; i < series.size(); ++i) {
    const SeededValues& one = series[i];
    if (one.values.empty()) continue;
    if (mean_of(one.values) == best_mean) {
      marks[i] = Mark::best;
      continue;
    }
    if (one.values.size() < 2 || best->values.size() < 2) continue;
    const Difference difference = one.seeds == best->seeds
                                      ? paired_difference(one.values, best->values)
                                      : welch_difference(one.values, best->values);
    if (difference.p >= level) marks[i] = Mark::tied;
  }
  return marks;
}

}  // namespace cohort::report
