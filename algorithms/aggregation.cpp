#include "algorithms/aggregation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/kernels.hpp"

namespace cohort {

namespace {

std::span<const double> column(const Mat& m, Index j) {
  return {m.data() + j * m.rows(), static_cast<std::size_t>(m.rows())};
}
std::span<double> column(Mat& m, Index j) {
  return {m.data() + j * m.rows(), static_cast<std::size_t>(m.rows())};
}

/// a · b, one fused chain an element in the order of the inner index; zeros of b are skipped.
Mat product(const Mat& a, const Mat& b) {
  Mat out = Mat::Zero(a.rows(), b.cols());
  for (Index j = 0; j < b.cols(); ++j) {
    for (Index k = 0; k < b.rows(); ++k) {
      if (b(k, j) != 0.0) kernels::axpy(b(k, j), column(a, k), column(out, j));
    }
  }
  return out;
}

/// A map [m × (n + 1)] over all points: references and origin stay where they are.
Mat over_points(const Mat& map, Index references) {
  const Index m = map.rows(), n = map.cols() - 1;
  Mat out = Mat::Zero(m + references + 1, n + references + 1);
  out.topLeftCorner(m, n) = map.leftCols(n);
  out.topRightCorner(m, 1) = map.rightCols(1);
  for (Index k = 0; k <= references; ++k) out(m + k, n + k) = 1.0;
  return out;
}

/// The row whose ball around more than half of the rows is smallest: within it if they are close
/// to each other, however far and many (but less than half) the others are.
Index central_row(const Mat& d2, Index n) {
  Index best = 0;
  double least = std::numeric_limits<double>::infinity();
  std::vector<double> distances(static_cast<std::size_t>(n));
  for (Index i = 0; i < n; ++i) {
    std::copy_n(d2.data() + i * d2.rows(), n, distances.begin());
    const auto middle = distances.begin() + n / 2;
    std::nth_element(distances.begin(), middle, distances.end());
    if (*middle < least) {
      least = *middle;
      best = i;
    }
  }
  return best;
}

Error too_many(std::string_view what, std::string_view name, std::size_t tolerated, std::size_t n,
               std::size_t f) {
  return bad_input(fmt::format("{} {} tolerates at most {} Byzantine of {} updates, f is {}", what,
                               name, tolerated, n, f));
}

}  // namespace

Vec Distances::inner_times(VecView v) const {
  Vec out(inner.rows());
  for (Index i = 0; i < inner.cols(); ++i) out[i] = kernels::dot(column(inner, i), as_span(v));
  return out;
}

double Distances::product(Index i, Index j) const {
  const Index o = origin();
  const double scale_of_d2 = d2(i, o) + d2(j, o) + d2(i, j);
  const double scale_of_inner =
      std::abs(inner(i, j)) + std::abs(inner(i, o)) + std::abs(inner(j, o)) + std::abs(inner(o, o));
  return scale_of_d2 <= scale_of_inner ? 0.5 * ((d2(i, o) + d2(j, o)) - d2(i, j))
                                       : (inner(i, j) - inner(i, o)) - (inner(j, o) - inner(o, o));
}

std::vector<RowPair> cancelled_pairs(const Mat& gram) {
  std::vector<RowPair> pairs;
  for (Index i = 0; i < gram.rows(); ++i) {
    for (Index j = i + 1; j < gram.cols(); ++j) {
      const double norms = gram(i, i) + gram(j, j);
      if (norms - 2.0 * gram(i, j) < cancellation * norms) {
        pairs.emplace_back(static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(j));
      }
    }
  }
  return pairs;
}

Distances measure(const Mat& gram, std::span<const RowPair> cancelled,
                  std::span<const double> squared_distances, Index references) {
  const Index n = gram.rows();
  Mat g = Mat::Zero(n + 1, n + 1);
  for (Index j = 0; j < n; ++j) {
    for (Index i = 0; i <= j; ++i) g(i, j) = g(j, i) = gram(i, j);
  }
  // To what the rounding errors of an entry of d2 are relative.
  Mat scale(n + 1, n + 1);
  Distances out{Mat(n + 1, n + 1), Mat(n + 1, n + 1), references};
  for (Index j = 0; j <= n; ++j) {
    for (Index i = 0; i <= n; ++i) {
      scale(i, j) = g(i, i) + g(j, j);
      out.d2(i, j) = i == j ? 0.0 : std::max(0.0, scale(i, j) - 2.0 * g(i, j));
    }
    scale(j, j) = 0.0;
  }
  for (std::size_t k = 0; k < cancelled.size(); ++k) {
    const Index i = cancelled[k].first, j = cancelled[k].second;
    for (Mat* m : {&out.d2, &scale}) (*m)(i, j) = (*m)(j, i) = squared_distances[k];
  }
  // ⟨x_i − c, x_j − c⟩ from the three distances, or from four inner products: whichever is the
  // more accurate. The first is for rows close together, the second for one close and one far.
  const Index c = central_row(out.d2, n - references);
  for (Index j = 0; j <= n; ++j) {
    for (Index i = 0; i <= j; ++i) {
      const double from_distances = 0.5 * ((out.d2(i, c) + out.d2(j, c)) - out.d2(i, j));
      const double from_products = (g(i, j) + g(c, c)) - (g(i, c) + g(j, c));
      const bool distances_are_better =
          i == j || scale(i, c) + scale(j, c) + scale(i, j) <=
                        std::abs(g(i, j)) + g(c, c) + std::abs(g(i, c)) + std::abs(g(j, c));
      out.inner(i, j) = out.inner(j, i) = distances_are_better ? from_distances : from_products;
    }
  }
  return out;
}

Vec relative_weights(const RuleInput& input, Index n) {
  if (input.weights.empty()) return Vec::Ones(n);
  COHORT_CHECK(input.weights.size() == static_cast<std::size_t>(n), "one weight a row");
  return as_vec(input.weights) * (static_cast<double>(n) / kernels::sum(input.weights));
}

Vec mean_weights(const Distances& distances, const RuleInput& input) {
  const Index n = distances.rows();
  Vec w = Vec::Zero(distances.points());
  w.head(n) = relative_weights(input, n) / static_cast<double>(n);
  return w;
}

Vec away_from_mean(const Distances& distances, double t, double s) {
  const Index n = distances.rows();
  Vec a = Vec::Zero(distances.points());
  a.head(n).setConstant((1.0 - t) / static_cast<double>(n));
  if (s != 0.0) a[n] = -s;
  a[distances.origin()] = t + s;
  return a;
}

Vec mean_of(const Distances& distances, std::span<const Index> rows) {
  Vec w = Vec::Zero(distances.points());
  for (const Index i : rows) w[i] = 1.0 / static_cast<double>(rows.size());
  return w;
}

std::vector<Index> first_rows(std::span<const double> scores, std::size_t count) {
  std::vector<Index> rows(scores.size());
  std::iota(rows.begin(), rows.end(), Index{0});
  std::stable_sort(rows.begin(), rows.end(), [&](Index a, Index b) {
    return scores[static_cast<std::size_t>(a)] < scores[static_cast<std::size_t>(b)];
  });
  rows.resize(count);
  return rows;
}

Result<Index> trusted_row(std::string_view rule, ClientId trusted, const RuleInput& input) {
  const auto& clients = input.clients;
  const auto found = std::lower_bound(clients.begin(), clients.end(), trusted);
  if (found == clients.end() || *found != trusted) {
    return bad_input(fmt::format("rule {} trusts client {}, who is not among the {} updates", rule,
                                 trusted.value, clients.size()));
  }
  return static_cast<Index>(found - clients.begin());
}

Mat clipping_map(const Distances& distances, double most) {
  const Index n = distances.rows();
  Mat m = Mat::Zero(n, n + 1);
  for (Index i = 0; i < n; ++i) {
    const double norm = std::sqrt(distances.d2(i, distances.origin()));
    m(i, i) = norm > most ? most / norm : 1.0;
    m(i, n) = 1.0 - m(i, i);
  }
  return m;
}

double squared_distance(const Distances& distances, const Vec& v, const Vec& w) {
  const Vec difference = v - w;
  const Vec product = distances.inner_times(difference);
  return std::max(0.0, kernels::dot(as_span(difference), as_span(product)));
}

bool Aggregation::needs_distances() const {
  if (rule == nullptr) return false;
  if (!maps.empty() || rule->selects()) return true;
  return rule->kind() == RuleKind::gram && !rule->reads_samples();
}

Result<void> check_tolerance(const Aggregation& aggregation, std::size_t n,
                             std::optional<std::size_t> f) {
  if (aggregation.rule == nullptr) {
    if (aggregation.maps.empty()) return {};
    return bad_input(
        fmt::format("pre-aggregator {} stands before a rule; the weighted mean is none",
                    aggregation.maps.front()->name()));
  }
  const auto check = [&](std::string_view what, const auto& part) -> Result<void> {
    if (part.needs_f() && !f) {
      return bad_input(
          fmt::format("{} {} needs f, the number of Byzantine updates", what, part.name()));
    }
    if (f.value_or(0) > part.tolerated(n)) {
      return too_many(what, part.name(), part.tolerated(n), n, *f);
    }
    return {};
  };
  for (const auto& map : aggregation.maps) {
    COHORT_DO(check("pre-aggregator", *map));
    const std::size_t out = map->rows_out(n);
    if (out != n && aggregation.rule->trusted()) {
      return bad_input(
          fmt::format("rule {} follows the row of client {}, which pre-aggregator {} "
                      "would mix with others",
                      aggregation.rule->name(), aggregation.rule->trusted()->value, map->name()));
    }
    n = out;
  }
  return check("rule", *aggregation.rule);
}

Distances map_distances(const Distances& from, const Mat& map) {
  return map_points(from, over_points(map, from.references), from.references);
}

Distances map_points(const Distances& from, const Mat& all, Index references) {
  const Mat m = all.transpose();  // [p × p'], column a makes point a
  const Mat half = product(from.inner, m);
  const Index count = m.cols();
  Distances to{Mat::Zero(count, count), Mat(count, count), references};
  for (Index b = 0; b < count; ++b) {
    for (Index a = 0; a <= b; ++a) {
      to.inner(a, b) = to.inner(b, a) = kernels::dot(column(half, b), column(m, a));
    }
  }
  std::vector<std::pair<Index, double>> v;  // m_a − m_b without its zeros
  for (Index b = 0; b < count; ++b) {
    for (Index a = 0; a < b; ++a) {
      const double norms = to.inner(a, a) + to.inner(b, b);
      double d2 = norms - 2.0 * to.inner(a, b);
      if (d2 < cancellation * norms) {
        // −½ (m_a − m_b)ᵀ D² (m_a − m_b) is the more accurate form where all that differs between
        // the two is close together.
        v.clear();
        for (Index i = 0; i < m.rows(); ++i) {
          if (m(i, a) != m(i, b)) v.emplace_back(i, m(i, a) - m(i, b));
        }
        double value = 0.0, scale = 0.0;
        for (const auto& [i, vi] : v) {
          for (const auto& [j, vj] : v) {
            const double term = vi * vj * from.d2(i, j);
            value -= 0.5 * term;
            scale += std::abs(term);
          }
        }
        if (scale <= norms) d2 = value;
      }
      to.d2(a, b) = to.d2(b, a) = std::max(0.0, d2);
    }
  }
  return to;
}

Result<Mat> compose_maps(const Aggregation& aggregation, Distances& distances,
                         const RuleInput& input) {
  const Index n = distances.rows();
  Mat all = Mat::Identity(n, n + 1);
  for (const auto& map : aggregation.maps) {
    const Mat m = map->map(distances, input);
    all = product(m, over_points(all, 0));
    distances = map_distances(distances, m);
  }
  if (aggregation.rule->selects()) {
    COHORT_TRY(const Mat m, aggregation.rule->selection(distances, input));
    all = product(m, over_points(all, 0));
  }
  return all;
}

Result<Vec> aggregation_weights(const Aggregation& aggregation, Distances distances,
                                const RuleInput& input) {
  COHORT_TRY(const Mat rows, compose_maps(aggregation, distances, input));
  std::vector<Distances> sampled;
  for (const Distances& sample : input.sampled) {
    sampled.push_back(aggregation.maps.empty() ? sample : map_distances(sample, rows));
  }
  RuleInput of_mapped = input;
  of_mapped.sampled = sampled;
  COHORT_TRY(const Vec w, aggregation.rule->weights(distances, of_mapped));
  const Mat map = over_points(rows, distances.references);
  Vec out = Vec::Zero(map.cols());
  for (Index a = 0; a < map.rows(); ++a) {
    if (w[a] != 0.0) out += w[a] * map.row(a).transpose();
  }
  return out;
}

}  // namespace cohort
