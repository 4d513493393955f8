#include "core/penalty.hpp"

#include <algorithm>
#include <cmath>

#include "core/kernels.hpp"
#include "core/layout.hpp"

namespace cohort {

namespace {

/// body(first column, columns) for each group.
template <class Body>
void each_group(std::size_t cols, std::size_t size, const Body& body) {
  for (std::size_t first = 0; first < cols; first += size) {
    body(first, std::min(size, cols - first));
  }
}

/// ‖W_G‖² and |G| of the columns [first, first + count).
double squared_norm_of(std::span<const double> w, std::size_t cols, std::size_t first,
                       std::size_t count) {
  double square = 0;
  for (std::size_t row = 0; row < w.size(); row += cols) {
    square += kernels::squared_norm(w.subspan(row + first, count));
  }
  return square;
}

double size_of(std::span<const double> w, std::size_t cols, std::size_t count) {
  return static_cast<double>(w.size() / cols * count);
}

}  // namespace

double Penalty::value(std::span<const double> w, std::size_t cols) const {
  double total = 0;
  if (l1 != 0) {
    constexpr std::size_t chunk = 256;
    double sizes[chunk];
    double sum = 0;
    for (std::size_t first = 0; first < w.size(); first += chunk) {
      const std::size_t n = std::min(chunk, w.size() - first);
      for (std::size_t i = 0; i < n; ++i) sizes[i] = std::abs(w[first + i]);
      sum += kernels::sum({sizes, n});
    }
    total += l1 * sum;
  }
  if (group != 0) {
    double sum = 0;
    each_group(cols, group_size, [&](std::size_t first, std::size_t count) {
      sum += std::sqrt(size_of(w, cols, count) * squared_norm_of(w, cols, first, count));
    });
    total += group * sum;
  }
  return total;
}

void Penalty::prox(double step, std::span<double> w, std::size_t cols) const {
  if (l1 != 0) {
    const double threshold = step * l1;
    for (double& x : w) x = std::copysign(std::max(std::abs(x) - threshold, 0.0), x);
  }
  if (group == 0) return;
  each_group(cols, group_size, [&](std::size_t first, std::size_t count) {
    const double norm = std::sqrt(squared_norm_of(w, cols, first, count));
    const double threshold = step * group * std::sqrt(size_of(w, cols, count));
    const double factor = norm > threshold ? 1 - threshold / norm : 0;
    for (std::size_t row = 0; row < w.size(); row += cols) {
      kernels::scale(factor, w.subspan(row + first, count));
    }
  });
}

namespace {

/// body(segment, its part of w) for the segments of w that have a penalty.
template <class Body>
void each_penalized(const Layout& layout, std::size_t size, const Body& body) {
  for (const Segment& s : layout.segments()) {
    if (s.offset + s.size() > size) return;  // a client's own, and w is the shared part
    if (!s.penalty.empty()) body(s);
  }
}

}  // namespace

double penalty(const Layout& layout, std::span<const double> w) {
  double total = 0;
  each_penalized(layout, w.size(), [&](const Segment& s) {
    total += s.penalty.value(w.subspan(s.offset, s.size()), s.cols);
  });
  return total;
}

void apply_prox(const Layout& layout, double step, std::span<double> w) {
  each_penalized(layout, w.size(), [&](const Segment& s) {
    s.penalty.prox(step, w.subspan(s.offset, s.size()), s.cols);
  });
}

}  // namespace cohort
