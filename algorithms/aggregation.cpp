#include "algorithms/aggregation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

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

/// A map with one more row that leaves the origin where it is.
Mat with_origin(const Mat& map) {
  Mat out = Mat::Zero(map.rows() + 1, map.cols());
  out.topRows(map.rows()) = map;
  out(map.rows(), map.cols() - 1) = 1.0;
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
                  std::span<const double> squared_distances) {
  const Index n = gram.rows();
  Mat g = Mat::Zero(n + 1, n + 1);
  for (Index j = 0; j < n; ++j) {
    for (Index i = 0; i <= j; ++i) g(i, j) = g(j, i) = gram(i, j);
  }
  // To what the rounding errors of an entry of d2 are relative.
  Mat scale(n + 1, n + 1);
  Distances out{Mat(n + 1, n + 1), Mat(n + 1, n + 1)};
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
  const Index c = central_row(out.d2, n);
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

Vec mean_weights(Index n) {
  Vec w = Vec::Constant(n + 1, 1.0 / static_cast<double>(n));
  w[n] = 0.0;
  return w;
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
    n = map->rows_out(n);
  }
  return check("rule", *aggregation.rule);
}

Distances map_distances(const Distances& from, const Mat& map) {
  const Mat m = with_origin(map).transpose();  // [(n+1) × (m+1)], column a makes row a
  const Mat half = product(from.inner, m);
  const Index count = m.cols();
  Distances to{Mat::Zero(count, count), Mat(count, count)};
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

Mat compose_maps(const Aggregation& aggregation, Distances& distances, const RuleInput& input) {
  const Index n = distances.rows();
  Mat all = Mat::Identity(n, n + 1);
  for (const auto& map : aggregation.maps) {
    const Mat m = map->map(distances, input);
    all = product(m, with_origin(all));
    distances = map_distances(distances, m);
  }
  return all;
}

Vec aggregation_weights(const Aggregation& aggregation, Distances distances,
                        const RuleInput& input) {
  const Mat map = compose_maps(aggregation, distances, input);
  const Vec of_mapped = aggregation.rule->weights(distances, input);  // [m + 1]
  Vec out = Vec::Zero(map.cols());
  out[map.cols() - 1] = of_mapped[map.rows()];
  for (Index a = 0; a < map.rows(); ++a) {
    if (of_mapped[a] != 0.0) out += of_mapped[a] * map.row(a).transpose();
  }
  return out;
}

}  // namespace cohort
