#pragma once
// Rules that choose the best subset of rows, the slow and obvious way: all subsets are tried.

#include <limits>

#include "tests/algorithms/aggregation_rows.hpp"

namespace cohort::rows {

using Subset = std::vector<Index>;

template <class Visit>
void for_each_subset(Index n, std::size_t size, Visit visit) {
  for (unsigned set = 0; set < 1U << n; ++set) {
    Subset s;
    for (Index i = 0; i < n; ++i) {
      if (set >> i & 1U) s.push_back(i);
    }
    if (s.size() == size) visit(s);
  }
}

/// min cost(S) over the subsets S of `size` of n rows.
template <class Cost>
double least_cost(Index n, std::size_t size, Cost cost) {
  double least = std::numeric_limits<double>::infinity();
  for_each_subset(n, size, [&](const Subset& s) { least = std::min(least, cost(s)); });
  return least;
}

/// The rows that the rule takes the mean of.
inline Subset chosen(const Rule& rule, const Mat& x, std::size_t f) {
  const Vec w = *rule.weights(measured(x), input(f));
  const double share = 1.0 / static_cast<double>(static_cast<std::size_t>(x.rows()) - f);
  Subset s;
  for (Index i = 0; i < w.size(); ++i) {
    if (w[i] == 0.0) continue;
    EXPECT_EQ(w[i], share);
    s.push_back(i);
  }
  return s;
}

/// Checks on random rows of the plane that no subset of n − f costs less than the chosen one.
template <class Cost>
void expect_least_cost(const Rule& rule, Cost cost) {
  for (Index n = 3; n <= 9; ++n) {
    for (std::size_t f = 1; f <= rule.tolerated(static_cast<std::size_t>(n)); ++f) {
      for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        Mat x = normal(n, 2, seed);
        if (seed % 2 == 0) x.row(static_cast<Index>(seed) % n) *= 1e3;
        const std::size_t size = static_cast<std::size_t>(n) - f;
        const Subset s = chosen(rule, x, f);
        EXPECT_EQ(s.size(), size);
        EXPECT_EQ(cost(x, s), least_cost(n, size, [&](const Subset& t) { return cost(x, t); }))
            << "n " << n << ", f " << f << ", seed " << seed;
      }
    }
  }
}

}  // namespace cohort::rows
