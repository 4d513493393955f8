#include "core/kernels_select.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "core/cpu.hpp"
#include "core/random.hpp"

namespace cohort {
namespace {

using kernels::Places;
using kernels::Selection;

/// n rows of `width` coordinates, one after another; rounded, so that there are ties, and in single
/// precision.
std::vector<float> some_rows(std::size_t n, std::size_t width, double scale) {
  std::vector<double> x(n * width);
  Stream(n, Purpose::test).fill_normal(x);
  std::vector<float> rows;
  for (const double value : x) rows.push_back(static_cast<float>(std::round(value * scale) / 7.0));
  return rows;
}
template <class T>
std::vector<const T*> pointers(const std::vector<T>& rows, std::size_t n) {
  std::vector<const T*> out;
  for (std::size_t i = 0; i < n; ++i) out.push_back(rows.data() + i * (rows.size() / n));
  return out;
}
std::vector<double> sorted_column(const std::vector<float>& rows, std::size_t n, std::size_t k) {
  std::vector<double> v;
  for (std::size_t i = 0; i < n; ++i) v.push_back(rows[i * (rows.size() / n) + k]);
  std::sort(v.begin(), v.end());
  return v;
}

using Kernel32 = std::function<void(std::span<const float* const>, double*)>;
using Kernel64 = std::function<void(std::span<const double* const>, double*)>;

/// Both instruction sets and both precisions give the same bits, which are returned.
std::vector<double> same_bits(const std::vector<float>& rows, std::size_t n, const Kernel32& single,
                              const Kernel64& twice) {
  const std::vector<double> in_double(rows.begin(), rows.end());
  std::vector<double> first;
  const Isa before = isa();
  for (const Isa used : {Isa::avx2, Isa::avx512}) {
    if (!supports(used)) continue;
    set_isa(used);
    std::vector<double> a(rows.size() / n), b(rows.size() / n);
    single(pointers(rows, n), a.data());
    twice(pointers(in_double, n), b.data());
    if (first.empty()) first = a;
    for (std::size_t k = 0; k < a.size(); ++k) {
      EXPECT_EQ(std::bit_cast<std::uint64_t>(a[k]), std::bit_cast<std::uint64_t>(first[k])) << k;
      EXPECT_EQ(std::bit_cast<std::uint64_t>(b[k]), std::bit_cast<std::uint64_t>(first[k])) << k;
    }
  }
  set_isa(before);
  return first;
}

std::vector<double> mean_of_ranks(const std::vector<float>& rows, std::size_t n, std::size_t first,
                                  std::size_t last, Places places = Places::ranked) {
  const Selection selection(n, first, last, places);
  const std::size_t width = rows.size() / n;
  return same_bits(
      rows, n, [&](auto x, double* out) { kernels::mean_of_ranks(selection, x, width, out); },
      [&](auto x, double* out) { kernels::mean_of_ranks(selection, x, width, out); });
}

// A few blocks of coordinates and a part of one.
constexpr std::size_t some_width = 77;

TEST(KernelsSelect, EveryRankOfEveryNumberOfRowsIsThatOfSorting) {
  for (std::size_t n = 1; n <= 70; ++n) {
    const auto rows = some_rows(n, some_width, n % 2 == 0 ? 1e6 : 4.0);
    for (std::size_t rank = 0; rank<n; rank += n> 20 ? 7 : 1) {
      const auto found = mean_of_ranks(rows, n, rank, rank);
      for (std::size_t k = 0; k < some_width; ++k) {
        ASSERT_EQ(found[k], sorted_column(rows, n, k)[rank]) << n << " " << rank << " " << k;
      }
    }
  }
}

TEST(KernelsSelect, MeansOfRanksAreThoseOfTheSortedValues) {
  for (const std::size_t n : {3U, 10U, 16U, 17U, 32U, 33U, 100U, 257U}) {
    const auto rows = some_rows(n, some_width, 100.0);
    for (const std::size_t cut : {std::size_t{0}, std::size_t{1}, n / 6, n / 4, (n - 1) / 2}) {
      const auto ranked = mean_of_ranks(rows, n, cut, n - 1 - cut);
      const auto any = mean_of_ranks(rows, n, cut, n - 1 - cut, Places::any);
      for (std::size_t k = 0; k < some_width; ++k) {
        const auto v = sorted_column(rows, n, k);
        long double sum = 0;
        for (std::size_t i = cut; i < n - cut; ++i) sum += v[i];
        const auto mean = static_cast<double>(sum / (n - 2 * cut));
        // n roundings of sums of values below 100.
        ASSERT_NEAR(ranked[k], mean, 1e-13 * 100) << n << " " << cut;
        ASSERT_NEAR(any[k], mean, 1e-13 * 100) << n << " " << cut;
      }
    }
  }
}

// Unequal cuts, one as large as what the shorter run can give.
TEST(KernelsSelect, WhatIsCutOffMayDifferAtTheEnds) {
  const std::size_t n = 40;  // runs of 32 and 8
  const auto rows = some_rows(n, some_width, 2.0);
  for (const auto& [below, above] : {std::pair(8U, 0U), std::pair(0U, 8U), std::pair(3U, 5U)}) {
    const auto found = mean_of_ranks(rows, n, below, n - 1 - above, Places::any);
    for (std::size_t k = 0; k < some_width; ++k) {
      const auto v = sorted_column(rows, n, k);
      double sum = 0;
      for (std::size_t i = below; i < n - above; ++i) sum += v[i];
      ASSERT_NEAR(found[k], sum / 32, 1e-14) << below << " " << above << " " << k;
    }
  }
}

// A far value that is cut off leaves no rounding error.
TEST(KernelsSelect, WhatIsCutOffMayBeOfAnySize) {
  const std::size_t n = 32, cut = 4;
  auto rows = some_rows(n, some_width, 100.0);
  for (std::size_t i = 0; i < 2 * cut; ++i) {
    std::fill_n(rows.data() + 3 * i * some_width, some_width, i % 2 == 0 ? 1e30F : -1e30F);
  }
  for (const double mean : mean_of_ranks(rows, n, cut, n - 1 - cut, Places::any)) {
    EXPECT_LT(std::abs(mean), 100.0);
  }
}

TEST(KernelsSelect, MeansAroundTheMedianAreOfTheValuesNearestToIt) {
  for (const std::size_t n : {1U, 2U, 5U, 10U, 16U, 31U, 32U, 50U}) {
    const auto rows = some_rows(n, some_width, 3.0);
    for (const std::size_t kept : {(n + 3) / 4, (n + 1) / 2, n - n / 3, n}) {
      const Selection all(n, 0, n - 1);
      const auto found = same_bits(
          rows, n,
          [&](auto x, double* out) { kernels::mean_around_median(all, kept, x, some_width, out); },
          [&](auto x, double* out) { kernels::mean_around_median(all, kept, x, some_width, out); });
      for (std::size_t k = 0; k < some_width; ++k) {
        auto v = sorted_column(rows, n, k);
        const double median = (v[(n - 1) / 2] + v[n / 2]) / 2;
        std::stable_sort(v.begin(), v.end(), [median](double a, double b) {
          return std::abs(a - median) < std::abs(b - median);
        });
        long double sum = 0;
        for (std::size_t i = 0; i < kept; ++i) sum += v[i];
        ASSERT_NEAR(found[k], static_cast<double>(sum / kept), 1e-14)
            << n << " " << kept << " " << k;
      }
    }
  }
}

TEST(KernelsSelect, EqualValuesGiveThemselves) {
  for (const std::size_t n : {7U, 32U}) {
    const std::vector<float> rows(n * some_width, 0.1F);
    for (const double mean : mean_of_ranks(rows, n, 1, n - 2)) EXPECT_EQ(mean, 0.1F);
  }
}

TEST(KernelsSelect, ZerosKeepTheirSigns) {
  std::vector<float> rows(2 * some_width, 0.0F);
  for (std::size_t k = 0; k < some_width; ++k) rows[(k % 2) * some_width + k] = -0.0F;
  const auto low = mean_of_ranks(rows, 2, 0, 0), high = mean_of_ranks(rows, 2, 1, 1);
  for (std::size_t k = 0; k < some_width; ++k) {
    EXPECT_NE(std::signbit(low[k]), std::signbit(high[k])) << k;
  }
}

}  // namespace
}  // namespace cohort
