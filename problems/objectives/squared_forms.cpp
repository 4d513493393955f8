#include "problems/objectives/squared_forms.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/kernels.hpp"
#include "core/linalg.hpp"
#include "problems/objectives/row_sum.hpp"

namespace cohort {

void SquaredForms::plant(Vec solution, std::uint64_t seed) {
  planted_ = std::move(solution);
  targets_.resize(clients_ * options_.rows);
  for (std::uint64_t i = 0; i < clients_; ++i) {
    const auto y = std::span(targets_).subspan(i * options_.rows, options_.rows);
    // Sub-streams from 0 on are those of the measurements.
    Stream(seed, Purpose::synthetic_problem, i).sub(std::uint64_t{1} << 32).fill_normal(y);
    for (std::uint64_t j = 0; j < options_.rows; ++j) {
      y[j] = form(i * options_.rows + j, planted_, planted_) + options_.noise * y[j];
    }
  }
  start_.resize(planted_.size());
  Stream(seed, Purpose::model_init).fill_normal(as_mutable_span(start_));
  start_ *=
      options_.start_scale * kernels::norm(as_span(planted_)) / kernels::norm(as_span(start_));
}

Capabilities SquaredForms::capabilities() const {
  return {Query::value, Query::losses,  Query::gradient, Query::hvp,
          Query::jvp,   Query::hessian, Query::line,     Query::gram};
}

std::uint64_t SquaredForms::rows(RowSource source, ClientId client) const {
  return source == RowSource::client && client.value < clients_ ? options_.rows : 0;
}

double SquaredForms::value(Context context, const Sample& sample, VecView w) const {
  const std::uint64_t n = sample.rows();
  if (n == 0) return 0;
  const double sum =
      sum_over_rows(context, n, {},
                    [&](std::uint64_t first, std::uint64_t count, std::size_t, std::span<double>) {
                      double total = 0;
                      for (std::uint64_t j = first; j < first + count; ++j) {
                        const double e = error(number(sample, j), w);
                        total += e * e;
                      }
                      return total;
                    });
  return 0.5 * curvature_ * sum / static_cast<double>(n);
}

void SquaredForms::losses(Context, const Sample& sample, VecView w, std::span<double> out) const {
  for (std::uint64_t j = 0; j < sample.rows(); ++j) {
    const double e = error(number(sample, j), w);
    out[j] = 0.5 * curvature_ * e * e;
  }
}

double SquaredForms::gradient(Context context, const Sample& sample, VecView w,
                              std::span<const double> weights, VecRef g) const {
  g.setZero();
  const std::uint64_t n = sample.rows();
  if (n == 0) return 0;
  const double share = 1 / static_cast<double>(n);
  const double sum = sum_over_rows(
      context, n, as_mutable_span(g),
      [&](std::uint64_t first, std::uint64_t count, std::size_t, std::span<double> out) {
        double total = 0;
        for (std::uint64_t j = first; j < first + count; ++j) {
          const std::uint64_t row = number(sample, j);
          const double omega = weights.empty() ? 1 : weights[j];
          const double e = error(row, w);
          total += omega * (e * e);
          add_form(row, 2 * curvature_ * share * omega * e, w, as_vec(out));
        }
        return total;
      });
  return 0.5 * curvature_ * sum / static_cast<double>(n);
}

void SquaredForms::hvp(Context context, const Sample& sample, VecView w, VecView v,
                       VecRef out) const {
  out.setZero();
  const std::uint64_t n = sample.rows();
  if (n == 0) return;
  const double factor = 2 * curvature_ / static_cast<double>(n);
  sum_over_rows(context, n, as_mutable_span(out),
                [&](std::uint64_t first, std::uint64_t count, std::size_t, std::span<double> sum) {
                  for (std::uint64_t j = first; j < first + count; ++j) {
                    const std::uint64_t row = number(sample, j);
                    add_form(row, 2 * factor * form(row, w, v), w, as_vec(sum));
                    add_form(row, factor * error(row, w), v, as_vec(sum));
                  }
                  return 0.0;
                });
}

double SquaredForms::jvp(Context context, const Sample& sample, VecView w, VecView v) const {
  const std::uint64_t n = sample.rows();
  if (n == 0) return 0;
  const double sum =
      sum_over_rows(context, n, {},
                    [&](std::uint64_t first, std::uint64_t count, std::size_t, std::span<double>) {
                      double total = 0;
                      for (std::uint64_t j = first; j < first + count; ++j) {
                        const std::uint64_t row = number(sample, j);
                        total += error(row, w) * form(row, w, v);
                      }
                      return total;
                    });
  return 2 * curvature_ * sum / static_cast<double>(n);
}

void SquaredForms::hessian(Context context, const Sample& sample, VecView w,
                           HessianSink& sink) const {
  if (sample.rows() == 0) return;
  const auto d = static_cast<Index>(layout_.size());
  Vec unit = Vec::Zero(d), column(d);
  for (Index j = 0; j < d; ++j) {
    unit[j] = 1;
    hvp(context, sample, w, unit, column);
    unit[j] = 0;
    for (Index i = 0; i <= j; ++i) {
      sink.add(static_cast<std::size_t>(i), static_cast<std::size_t>(j), column[i]);
    }
  }
}

namespace {

/// φ(t) = c_0 + … + c_4 t⁴
class QuarticLine final : public Line {
 public:
  explicit QuarticLine(const std::array<double, 5>& c) : c_(c) {}
  LinePoint at(double t, int order) override {
    const auto& [c0, c1, c2, c3, c4] = c_;
    LinePoint p{c0 + t * (c1 + t * (c2 + t * (c3 + t * c4))), 0, 0, 0};
    if (order >= 1) p.first = c1 + t * (2 * c2 + t * (3 * c3 + t * 4 * c4));
    if (order >= 2) p.second = 2 * c2 + t * (6 * c3 + t * 12 * c4);
    if (order >= 3) p.third = 6 * c3 + t * 24 * c4;
    return p;
  }

 private:
  std::array<double, 5> c_;
};

}  // namespace

std::unique_ptr<Line> SquaredForms::along(Context context, const Sample& sample, VecView w,
                                          VecView v) const {
  std::array<double, 5> c{};
  const std::uint64_t n = sample.rows();
  if (n > 0) {
    sum_over_rows(
        context, n, c,
        [&](std::uint64_t first, std::uint64_t count, std::size_t, std::span<double> sum) {
          for (std::uint64_t j = first; j < first + count; ++j) {
            const std::uint64_t row = number(sample, j);
            const double e0 = error(row, w), e1 = 2 * form(row, w, v), e2 = form(row, v, v);
            sum[0] += e0 * e0;
            sum[1] += 2 * e0 * e1;
            sum[2] += e1 * e1 + 2 * e0 * e2;
            sum[3] += 2 * e1 * e2;
            sum[4] += e2 * e2;
          }
          return 0.0;
        });
    for (double& x : c) x *= 0.5 * curvature_ / static_cast<double>(n);
  }
  return std::make_unique<QuarticLine>(c);
}

void SquaredForms::gram(Context, const Sample& sample, VecView w, Eigen::Ref<Mat> out) const {
  const auto n = static_cast<Index>(sample.rows());
  Mat gradients = Mat::Zero(w.size(), n);
  const auto column = [&](Index j) {
    return std::span<const double>(gradients.col(j).data(), static_cast<std::size_t>(w.size()));
  };
  for (Index j = 0; j < n; ++j) {
    const std::uint64_t row = number(sample, static_cast<std::uint64_t>(j));
    add_form(row, 2 * curvature_ * error(row, w), w, gradients.col(j));
    for (Index i = 0; i <= j; ++i) {
      out(i, j) = out(j, i) = kernels::dot(column(i), column(j));
    }
  }
}

Result<void> check_measurements(std::string_view problem, std::uint64_t clients, std::uint64_t rows,
                                std::uint64_t numbers) {
  constexpr double most = 268435456;  // doubles: 2 GiB
  if (clients == 0) return bad_input(fmt::format("problem {}: there are no clients", problem));
  const double all =
      static_cast<double>(clients) * static_cast<double>(rows) * static_cast<double>(numbers);
  if (all > most) {
    return bad_input(fmt::format(
        "problem {}: {} clients with {} measurements of {} numbers are {:.3g} GiB, at most 2",
        problem, clients, rows, numbers, all * 8 / 1073741824));
  }
  return {};
}

Mat orthonormal_columns(const Stream& stream, std::size_t n, std::size_t k) {
  Mat q(static_cast<Index>(n), static_cast<Index>(k));
  stream.fill_normal({q.data(), n * k});
  const auto column = [&](std::size_t j) { return std::span(q.data() + j * n, n); };
  for (std::size_t j = 0; j < k; ++j) {
    for (int pass = 0; pass < 2; ++pass) {  // the second removes what rounding left
      for (std::size_t i = 0; i < j; ++i) {
        kernels::axpy(-kernels::dot(column(i), column(j)), column(i), column(j));
      }
    }
    kernels::scale(1 / kernels::norm(column(j)), column(j));
  }
  return q;
}

Vec spaced_values(std::size_t r, double condition) {
  Vec out(static_cast<Index>(r));
  const double last = static_cast<double>(std::max<std::size_t>(r - 1, 1));
  for (std::size_t k = 0; k < r; ++k) {
    out[static_cast<Index>(k)] = -kernels::log(condition) * static_cast<double>(k) / last;
  }
  kernels::exp(as_span(out), as_mutable_span(out));
  return out;
}

double procrustes_distance(std::span<const double> x, std::span<const double> y, std::size_t r) {
  const auto size = static_cast<Index>(r);
  Mat product = Mat::Zero(size, size);  // Yᵀ X, by rows in order
  for (std::size_t first = 0; first < x.size(); first += r) {
    product += as_vec(y.subspan(first, r)) * as_vec(x.subspan(first, r)).transpose();
  }
  const Mat q = nearest_orthogonal(product);
  double square = 0;
  Vec turned(size);
  for (std::size_t first = 0; first < x.size(); first += r) {
    turned.setZero();
    for (Index k = 0; k < size; ++k) {
      turned += y[first + static_cast<std::size_t>(k)] * q.row(k).transpose();
    }
    square += kernels::squared_distance(x.subspan(first, r), as_span(turned));
  }
  return std::sqrt(square);
}

}  // namespace cohort
