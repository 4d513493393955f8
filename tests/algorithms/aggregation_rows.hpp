#pragma once
// Rules and row maps applied to a small matrix of rows, the slow and obvious way: what their tests
// and the driver's compare with.

#include <gtest/gtest.h>

#include <initializer_list>
#include <numeric>
#include <vector>

#include "algorithms/aggregation.hpp"

namespace cohort::rows {

/// One row an update.
inline Mat matrix(std::initializer_list<std::initializer_list<double>> rows) {
  Mat x(static_cast<Index>(rows.size()), static_cast<Index>(rows.begin()->size()));
  Index i = 0;
  for (const auto& row : rows) {
    Index j = 0;
    for (const double value : row) x(i, j++) = value;
    ++i;
  }
  return x;
}
/// The example of the public robust-aggregation libraries.
inline Mat one_to_nine() { return matrix({{1, 2, 3}, {4, 5, 6}, {7, 8, 9}}); }

inline Mat normal(Index n, Index d, std::uint64_t seed) {
  Mat x(n, d);
  Stream(seed, Purpose::test).fill_normal({x.data(), static_cast<std::size_t>(x.size())});
  return x;
}
inline Vec vector(std::initializer_list<double> values) {
  Vec v(static_cast<Index>(values.size()));
  std::copy(values.begin(), values.end(), v.data());
  return v;
}

inline double exact_dot(const Mat& x, Index i, Index j) {
  long double total = 0;
  for (Index k = 0; k < x.cols(); ++k) {
    total += static_cast<long double>(x(i, k)) * static_cast<long double>(x(j, k));
  }
  return static_cast<double>(total);
}
/// ‖x_i − x_j‖² in long double.
inline double exact_distance(const Mat& x, Index i, Index j) {
  long double total = 0;
  for (Index k = 0; k < x.cols(); ++k) {
    const long double difference =
        static_cast<long double>(x(i, k)) - static_cast<long double>(x(j, k));
    total += difference * difference;
  }
  return static_cast<double>(total);
}

/// As the driver measures points, the last of them references.
inline Distances measured(const Mat& x, Index references = 0) {
  Mat gram(x.rows(), x.rows());
  for (Index i = 0; i < x.rows(); ++i) {
    for (Index j = 0; j < x.rows(); ++j) gram(i, j) = exact_dot(x, i, j);
  }
  const auto pairs = cancelled_pairs(gram);
  std::vector<double> again;
  for (const auto& [i, j] : pairs) again.push_back(exact_distance(x, i, j));
  return measure(gram, pairs, again, references);
}

/// The same of rows that are never subtracted in double: what `measured` is held against.
inline Distances measured_exactly(const Mat& x, Index references = 0) {
  const Index n = x.rows();
  const auto at = [&](Index i, Index k) {
    return i < n ? static_cast<long double>(x(i, k)) : 0.0L;
  };
  Distances out{Mat(n + 1, n + 1), Mat(n + 1, n + 1), references};
  for (Index i = 0; i <= n; ++i) {
    for (Index j = 0; j <= n; ++j) {
      long double d2 = 0, inner = 0;
      for (Index k = 0; k < x.cols(); ++k) {
        d2 += (at(i, k) - at(j, k)) * (at(i, k) - at(j, k));
        inner += (at(i, k) - at(0, k)) * (at(j, k) - at(0, k));
      }
      out.d2(i, j) = static_cast<double>(d2);
      out.inner(i, j) = static_cast<double>(inner);
    }
  }
  return out;
}

/// Clients 0, 1, … send the rows.
inline std::vector<ClientId> clients(Index n) {
  std::vector<ClientId> ids;
  for (Index i = 0; i < n; ++i) ids.emplace_back(static_cast<std::uint64_t>(i));
  return ids;
}
inline RuleInput input(std::size_t f) { return {f, Stream(1, Purpose::aggregation), {}, {}, {}}; }

/// M X, about no centre.
inline Mat mapped(const Mat& map, const Mat& x) {
  Mat out = Mat::Zero(map.rows(), x.cols());
  for (Index a = 0; a < map.rows(); ++a) {
    for (Index i = 0; i < x.rows(); ++i) out.row(a) += map(a, i) * x.row(i);
  }
  return out;
}

using Measure = Distances (*)(const Mat& points, Index references);

/// The aggregate of the rows of x, with weights if there are any; `previous` is the last result of
/// a rule that uses it.
inline Vec apply(const Rule& rule, const Mat& x, std::size_t f,
                 const std::vector<double>& row_weights = {}, const Vec& previous = {},
                 Measure measure_points = measured) {
  const auto ids = clients(x.rows());
  RuleInput given = input(f);
  given.clients = ids;
  given.weights = row_weights;
  if (rule.kind() != RuleKind::tile) {
    Mat points = x;
    if (rule.uses_previous()) {
      points.conservativeResize(x.rows() + 1, x.cols());
      points.row(x.rows()).setZero();
      if (previous.size() > 0) points.row(x.rows()) = previous.transpose();
    }
    std::vector<Distances> sampled;
    for (const auto& sample :
         rule.samples(static_cast<std::size_t>(x.cols()), Stream(1, Purpose::aggregation))) {
      Mat on_sample(x.rows(), static_cast<Index>(sample.size()));
      for (std::size_t k = 0; k < sample.size(); ++k) {
        on_sample.col(static_cast<Index>(k)) = x.col(static_cast<Index>(sample[k]));
      }
      sampled.push_back(measure_points(on_sample, 0));
    }
    given.sampled = sampled;
    const Vec w = *rule.weights(measure_points(points, points.rows() - x.rows()), given);
    EXPECT_EQ(w.size(), points.rows() + 1);
    Mat map(1, w.size());
    map.row(0) = w.transpose();
    return mapped(map, points).row(0).transpose();
  }
  const Mat chosen = rule.selects() ? mapped(*rule.selection(measure_points(x, 0), given), x) : x;
  const Mat transposed = chosen.transpose();
  std::vector<const double*> pointers;
  for (Index i = 0; i < chosen.rows(); ++i) pointers.push_back(transposed.col(i).data());
  Vec out(x.cols());
  rule.tile(pointers, static_cast<std::size_t>(x.cols()), given, out.data());
  return out;
}

template <class T>
RuleOf<T> rule(typename T::Options options = {}) {
  return RuleOf<T>(options);
}

/// Rows in another order.
inline Mat permuted(const Mat& x, std::uint64_t seed) {
  const auto order = permutation(Stream(seed, Purpose::test), static_cast<std::size_t>(x.rows()));
  Mat out(x.rows(), x.cols());
  for (Index i = 0; i < x.rows(); ++i) out.row(i) = x.row(order[static_cast<std::size_t>(i)]);
  return out;
}

/// max over subsets S of n − f rows of ‖F(x) − x̄_S‖² |S| / Σ_{i ∈ S} ‖x_i − x̄_S‖²: a rule is
/// (f, κ)-robust if this is at most κ for all x.
inline double worst_ratio(const Mat& x, const Vec& aggregate, int f) {
  const int n = static_cast<int>(x.rows());
  double worst = 0;
  for (unsigned set = 0; set < 1U << n; ++set) {
    if (__builtin_popcount(set) != n - f) continue;
    Vec mean = Vec::Zero(x.cols());
    double spread = 0;
    for (int i = 0; i < n; ++i) {
      if (set >> i & 1U) mean += x.row(i).transpose() / (n - f);
    }
    for (int i = 0; i < n; ++i) {
      if (set >> i & 1U) spread += (x.row(i).transpose() - mean).squaredNorm();
    }
    worst = std::max(worst, (aggregate - mean).squaredNorm() * (n - f) / spread);
  }
  return worst;
}
/// Checks κ on random rows of which f are identical and bad, near and far.
template <class Aggregate>
void expect_robust(Aggregate aggregate, int n, int f, double kappa) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    Mat x = normal(n, 3, seed);
    const double distance = seed % 4 == 0 ? 1e6 : static_cast<double>(seed % 4) * 1.5;
    for (int i = 0; i < f; ++i) x.row((i * 2) % n) = Vec::Constant(3, distance).transpose();
    EXPECT_LE(worst_ratio(x, aggregate(x), f), kappa) << "seed " << seed;
  }
}
inline double r(int n, int f) { return static_cast<double>(f) / (n - 2 * f); }

}  // namespace cohort::rows
