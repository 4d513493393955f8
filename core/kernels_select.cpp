#include "core/kernels_select.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "core/check.hpp"

#include "core/simd.hpp"

// The networks, outside of what is compiled for each instruction set.
#ifndef COHORT_CORE_KERNELS_SELECT_NETWORKS
#define COHORT_CORE_KERNELS_SELECT_NETWORKS
namespace cohort::kernels::networks {

inline constexpr std::size_t run = 16;  // rows that are sorted in registers

struct Comparator {
  std::size_t low, high;
};

/// visit(low, high) for the comparators that make of sorted runs of `from` places such of `to`.
template <class Visit>
constexpr void merge_runs(std::size_t n, std::size_t from, std::size_t to, Visit visit) {
  for (std::size_t p = from; p < to; p *= 2) {
    for (std::size_t k = p; k > 0; k /= 2) {
      for (std::size_t j = k % p; j + k < n; j += 2 * k) {
        for (std::size_t i = j; i < j + k && i + k < n; ++i) {
          if (i / (2 * p) == (i + k) / (2 * p)) visit(i, i + k);
        }
      }
    }
  }
}

template <std::size_t n>
struct Sorting {
  static constexpr std::size_t count() {
    std::size_t comparators = 0;
    merge_runs(n, 1, n, [&comparators](std::size_t, std::size_t) { ++comparators; });
    return comparators;
  }
  static constexpr std::size_t size = count();
  Comparator c[size > 0 ? size : 1] = {};
  constexpr Sorting() {
    std::size_t at = 0;
    merge_runs(n, 1, n, [&](std::size_t low, std::size_t high) { c[at++] = {low, high}; });
  }
};
template <std::size_t n>
inline constexpr Sorting<n> sorting{};

}  // namespace cohort::kernels::networks
#endif

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels_select.cpp"
#include <hwy/foreach_target.h>

#include "core/simd-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace cohort::kernels::HWY_NAMESPACE {
namespace {

using networks::run;

template <class T>
using Tag = hn::ScalableTag<T>;
template <class T>
constexpr std::size_t lanes_of = hn::MaxLanes(Tag<T>());
/// Coordinates whose n values lie in cache together.
template <class T>
constexpr std::size_t block = 128 / sizeof(T);

template <class V>
HWY_INLINE void order(V& low, V& high) {
  const V least = hn::Min(low, high);
  high = hn::Max(high, low);
  low = least;
}

template <std::size_t n, class V, std::size_t... c>
HWY_INLINE void sort(V (&v)[n], std::index_sequence<c...>) {
  (order(v[networks::sorting<n>.c[c].low], v[networks::sorting<n>.c[c].high]), ...);
}

// One vector of coordinates of n ≤ run rows, sorted into `out`, places `stride` apart.
template <std::size_t n, class T>
HWY_INLINE void sort_run(const T* const* rows, std::size_t at, T* out, std::size_t stride) {
  hn::Vec<Tag<T>> v[n];
  for (std::size_t i = 0; i < n; ++i) v[i] = hn::LoadU(Tag<T>(), rows[i] + at);
  sort(v, std::make_index_sequence<networks::Sorting<n>::size>());
  for (std::size_t i = 0; i < n; ++i) hn::StoreU(v[i], Tag<T>(), out + i * stride);
}

template <std::size_t n, class T>
void sort_block(const T* const* rows, std::size_t at, T* out) {
  for (std::size_t l = 0; l < block<T>; l += lanes_of<T>) {
    sort_run<n>(rows, at + l, out + l, block<T>);
  }
}

template <class T>
using SortBlock = void (*)(const T* const*, std::size_t, T*);
template <class T, std::size_t... n>
HWY_INLINE SortBlock<T> sort_block_of(std::size_t rows, std::index_sequence<n...>) {
  constexpr SortBlock<T> table[] = {&sort_block<n + 1, T>...};
  return table[rows - 1];
}

template <class T>
HWY_INLINE void merge(const Selection::Step* steps, std::size_t count, T* values) {
  for (std::size_t s = 0; s < count; ++s) {
    T* low = values + steps[s].low * block<T>;
    T* high = values + steps[s].high * block<T>;
    for (std::size_t l = 0; l < block<T>; l += lanes_of<T>) {
      const auto a = hn::LoadU(Tag<T>(), low + l), b = hn::LoadU(Tag<T>(), high + l);
      if (steps[s].keeps_low) hn::StoreU(hn::Min(a, b), Tag<T>(), low + l);
      if (steps[s].keeps_high) hn::StoreU(hn::Max(b, a), Tag<T>(), high + l);
    }
  }
}

struct MeanOfRanks {
  std::size_t first, last;

  template <class T>
  HWY_INLINE V64 operator()(const T* values) const {
    const V64 base = load(values + first * block<T>);
    if (first == last) return base;
    if (first + 1 == last) {
      return hn::Mul(hn::Add(base, load(values + last * block<T>)), set(0.5));
    }
    V64 sum = hn::Zero(F64());
    for (std::size_t k = first + 1; k <= last; ++k) {
      sum = hn::Add(sum, hn::Sub(load(values + k * block<T>), base));
    }
    return hn::Add(base, hn::Div(sum, set(static_cast<double>(last - first + 1))));
  }
};

// The values that stay are a window of the sorted ones. Value s gives way to value s + kept if that
// is nearer to the median m: m − v_s > v_{s+kept} − m; where this holds it holds for all smaller s.
// So the window has one value of each class of places modulo `kept`.
struct MeanAroundMedian {
  std::size_t n, kept;

  template <class T>
  HWY_INLINE V64 operator()(const T* values) const {
    const V64 lower = load(values + (n - 1) / 2 * block<T>);
    const V64 median = hn::Mul(hn::Add(lower, load(values + n / 2 * block<T>)), set(0.5));
    V64 sum = hn::Zero(F64());
    for (std::size_t k = 0; k < kept; ++k) {
      V64 value = load(values + k * block<T>);
      for (std::size_t s = k; s + kept < n; s += kept) {
        const V64 low = load(values + s * block<T>), high = load(values + (s + kept) * block<T>);
        const M64 gives_way = hn::Gt(hn::Sub(median, low), hn::Sub(high, median));
        value = hn::IfThenElse(gives_way, high, value);
      }
      sum = hn::Add(sum, hn::Sub(value, lower));
    }
    return hn::Add(lower, hn::Div(sum, set(static_cast<double>(kept))));
  }
};

// values: room for n · block<T>.
template <class T, class Finish>
HWY_INLINE void select(const Selection::Step* steps, std::size_t step_count, const T* const* rows,
                       std::size_t n, std::size_t width, Finish finish, T* values, double* out) {
  const auto sort_last = sort_block_of<T>((n - 1) % run + 1, std::make_index_sequence<run>());
  const std::size_t last_run = (n - 1) / run * run;
  for (std::size_t k = 0; k + block<T> <= width; k += block<T>) {
    for (std::size_t i = 0; i < last_run; i += run) {
      sort_block<run>(rows + i, k, values + i * block<T>);
    }
    sort_last(rows + last_run, k, values + last_run * block<T>);
    merge(steps, step_count, values);
    for (std::size_t l = 0; l < block<T>; l += lanes) {
      hn::StoreU(finish(values + l), F64(), out + k + l);
    }
  }
}

void mean_of_ranks_f64(const Selection::Step* steps, std::size_t step_count,
                       const double* const* rows, std::size_t n, std::size_t width,
                       std::size_t first, std::size_t last, double* values, double* out) {
  select(steps, step_count, rows, n, width, MeanOfRanks{first, last}, values, out);
}
void mean_of_ranks_f32(const Selection::Step* steps, std::size_t step_count,
                       const float* const* rows, std::size_t n, std::size_t width,
                       std::size_t first, std::size_t last, float* values, double* out) {
  select(steps, step_count, rows, n, width, MeanOfRanks{first, last}, values, out);
}
void mean_around_median_f64(const Selection::Step* steps, std::size_t step_count,
                            const double* const* rows, std::size_t n, std::size_t width,
                            std::size_t kept, double* values, double* out) {
  select(steps, step_count, rows, n, width, MeanAroundMedian{n, kept}, values, out);
}
void mean_around_median_f32(const Selection::Step* steps, std::size_t step_count,
                            const float* const* rows, std::size_t n, std::size_t width,
                            std::size_t kept, float* values, double* out) {
  select(steps, step_count, rows, n, width, MeanAroundMedian{n, kept}, values, out);
}

}  // namespace
}  // namespace cohort::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace cohort::kernels {

Selection::Selection(std::size_t n, std::size_t first, std::size_t last, Places places)
    : n_(n), first_(first), last_(last) {
  COHORT_CHECK(n > 0 && first <= last && last < n, "ranks lie below n");
  const auto step = [this](std::size_t low, std::size_t high) {
    steps_.push_back(
        {static_cast<std::uint32_t>(low), static_cast<std::uint32_t>(high), true, true});
  };
  std::size_t p = networks::run;  // the last two runs are a, of places below p, and b
  while (2 * p < n) p *= 2;
  const std::size_t above = n - 1 - last;
  if (places == Places::any && n > p && first + above <= n - p) {
    networks::merge_runs(n, networks::run, p, step);
    // The `first` least of both are min(a_i, b_{first−1−i}), i = 0 … first − 1; the largest
    // likewise.
    for (std::size_t i = 0; i < first; ++i) step(i, p + first - 1 - i);
    for (std::size_t i = 0; i < above; ++i) step(p - 1 - i, last + 1 + i);
  } else {
    networks::merge_runs(n, networks::run, n, step);
  }
  // From the end, what reaches no place that is wanted goes.
  std::vector<bool> wanted(n, false);
  for (std::size_t k = first; k <= last; ++k) wanted[k] = true;
  std::vector<Step> kept;
  for (auto s = steps_.rbegin(); s != steps_.rend(); ++s) {
    s->keeps_low = wanted[s->low];
    s->keeps_high = wanted[s->high];
    if (!s->keeps_low && !s->keeps_high) continue;
    wanted[s->low] = wanted[s->high] = true;
    kept.push_back(*s);
  }
  std::reverse(kept.begin(), kept.end());
  steps_ = std::move(kept);
}

namespace {

/// body(rows, width, values, out) with width a multiple of a block; what is left over goes through
/// a padded copy.
template <class T, class Body>
void in_blocks(const Selection& selection, std::span<const T* const> rows, std::size_t width,
               double* out, Body body) {
  COHORT_CHECK(rows.size() == selection.n(), "the selection is of as many rows");
  constexpr std::size_t block = 128 / sizeof(T);
  const std::size_t n = rows.size(), whole = width / block * block;
  std::vector<T> values(n * block);
  if (whole > 0) body(rows.data(), whole, values.data(), out);
  if (whole == width) return;
  std::vector<T> padded(n * block, T{0});
  std::vector<const T*> pointers(n);
  for (std::size_t i = 0; i < n; ++i) {
    pointers[i] = padded.data() + i * block;
    std::copy_n(rows[i] + whole, width - whole, padded.data() + i * block);
  }
  double last[block];
  body(pointers.data(), block, values.data(), last);
  std::copy_n(last, width - whole, out + whole);
}

}  // namespace

void mean_of_ranks(const Selection& s, std::span<const double* const> rows, std::size_t width,
                   double* out) {
  in_blocks(s, rows, width, out, [&](auto x, std::size_t w, double* values, double* to) {
    COHORT_DISPATCH(mean_of_ranks_f64)
    (s.steps().data(), s.steps().size(), x, s.n(), w, s.first(), s.last(), values, to);
  });
}
void mean_of_ranks(const Selection& s, std::span<const float* const> rows, std::size_t width,
                   double* out) {
  in_blocks(s, rows, width, out, [&](auto x, std::size_t w, float* values, double* to) {
    COHORT_DISPATCH(mean_of_ranks_f32)
    (s.steps().data(), s.steps().size(), x, s.n(), w, s.first(), s.last(), values, to);
  });
}

void mean_around_median(const Selection& s, std::size_t kept, std::span<const double* const> rows,
                        std::size_t width, double* out) {
  COHORT_CHECK(kept > 0 && kept <= s.n(), "some of the values stay");
  in_blocks(s, rows, width, out, [&](auto x, std::size_t w, double* values, double* to) {
    COHORT_DISPATCH(mean_around_median_f64)
    (s.steps().data(), s.steps().size(), x, s.n(), w, kept, values, to);
  });
}
void mean_around_median(const Selection& s, std::size_t kept, std::span<const float* const> rows,
                        std::size_t width, double* out) {
  COHORT_CHECK(kept > 0 && kept <= s.n(), "some of the values stay");
  in_blocks(s, rows, width, out, [&](auto x, std::size_t w, float* values, double* to) {
    COHORT_DISPATCH(mean_around_median_f32)
    (s.steps().data(), s.steps().size(), x, s.n(), w, kept, values, to);
  });
}

}  // namespace cohort::kernels

#endif  // HWY_ONCE
