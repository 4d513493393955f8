#include "core/kernels_top_k.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "core/cpu.hpp"
#include "core/random.hpp"

namespace cohort {
namespace {

using Indices = std::vector<std::uint32_t>;

/// By a stable sort: larger magnitudes first, of equal ones the lower index.
Indices sorted_top(const std::vector<double>& x, std::size_t k) {
  Indices order(x.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return std::abs(x[a]) > std::abs(x[b]);
  });
  order.resize(k);
  std::sort(order.begin(), order.end());
  return order;
}

void expect_top(const std::vector<double>& x, std::size_t k, const char* what) {
  const Isa before = isa();
  for (const Isa used : {Isa::avx2, Isa::avx512}) {
    if (!supports(used)) continue;
    set_isa(used);
    Indices indices(k);
    std::vector<double> values(k);
    kernels::collect_top(x, kernels::top_threshold(x, k), indices, values);
    const Indices expected = sorted_top(x, k);
    EXPECT_EQ(indices, expected) << what << ": " << k << " of " << x.size();
    for (std::size_t i = 0; i < k; ++i) EXPECT_EQ(values[i], x[indices[i]]);
  }
  set_isa(before);
}

std::vector<std::size_t> some_counts(std::size_t n) {
  return {1, 2, n / 100 + 1, n / 3 + 1, n / 2 + 1, n - n / 10, n};
}

// Sizes below and above those that are selected whole, with every tail.
TEST(KernelsTopK, AreThoseOfAStableSort) {
  for (const std::size_t n : {1U, 2U, 7U, 100U, 2047U, 2048U, 2063U, 9001U}) {
    std::vector<double> x(n), heavy(n), few(n), equal(n, -3.5), zeros(n, 0.0), rising(n), sparse(n);
    const Stream stream(n, Purpose::test);
    stream.fill_normal(x);
    for (std::size_t i = 0; i < n; ++i) {
      heavy[i] = std::exp(40 * x[i]);
      few[i] = std::round(x[i]);
      rising[i] = static_cast<double>(i);
      sparse[i] = i % 50 == 3 ? x[i] : 0.0;
    }
    for (const std::size_t k : some_counts(n)) {
      if (k > n) continue;
      expect_top(x, k, "normal");
      expect_top(heavy, k, "of many magnitudes");
      expect_top(few, k, "of few values");
      expect_top(equal, k, "all equal");
      expect_top(zeros, k, "zeros");
      expect_top(rising, k, "ascending");
      expect_top(sparse, k, "mostly zero");
    }
  }
}

// The sample, one number in 32, sees none of what is kept, or little else.
TEST(KernelsTopK, ABracketThatMissesCostsTimeNotTheResult) {
  std::vector<double> x(8000, 1.0);
  std::fill_n(x.begin() + 100, 30, 5.0);
  std::vector<double> alternating(8000);
  for (std::size_t i = 0; i < x.size(); ++i)
    alternating[i] = i % 32 == 0 ? 1e6 + double(i) : double(i);
  for (const std::size_t k : {1U, 29U, 30U, 31U, 250U, 251U, 4000U}) {
    expect_top(x, k, "a few large");
    expect_top(alternating, k, "a pattern of the stride");
  }
}

TEST(KernelsTopK, WhatIsNotFiniteIsLargest) {
  std::vector<double> x(3000, 1.0);
  x[7] = std::numeric_limits<double>::quiet_NaN();
  x[11] = -std::numeric_limits<double>::infinity();
  Indices indices(2);
  std::vector<double> values(2);
  kernels::collect_top(x, kernels::top_threshold(x, 2), indices, values);
  EXPECT_EQ(indices, (Indices{7, 11}));
}

}  // namespace
}  // namespace cohort
