#include "algorithms/rules/median.hpp"

#include <algorithm>

#include "core/kernels_select.hpp"

namespace cohort {

namespace {

using kernels::Comparator;

/// Puts the values of ranks first … last of n in their places; the other places hold whatever.
std::vector<Comparator> selection_network(std::uint32_t n, std::uint32_t first,
                                          std::uint32_t last) {
  // Batcher's merge exchange (Knuth, TAOCP 3, Algorithm 5.2.2 M). It works for any n.
  std::vector<Comparator> network;
  std::uint32_t top = 1;
  while (2 * top < n) top *= 2;
  for (std::uint32_t p = n > 1 ? top : 0; p > 0; p /= 2) {
    std::uint32_t r = 0, distance = p;
    for (std::uint32_t q = top;; q /= 2) {
      for (std::uint32_t i = 0; i + distance < n; ++i) {
        if ((i & p) == r) network.push_back({i, i + distance});
      }
      if (q == p) break;
      distance = q - p;
      r = p;
    }
  }
  // From the end, what reaches no place that is wanted goes.
  std::vector<bool> wanted(n, false);
  std::fill(wanted.begin() + first, wanted.begin() + last + 1, true);
  std::vector<Comparator> kept;
  for (auto c = network.rbegin(); c != network.rend(); ++c) {
    if (!wanted[c->low] && !wanted[c->high]) continue;
    wanted[c->low] = wanted[c->high] = true;
    kept.push_back(*c);
  }
  std::reverse(kept.begin(), kept.end());
  return kept;
}

}  // namespace

void Median::tile(std::span<const double* const> rows, std::size_t width, const RuleInput&,
                  double* out) const {
  const auto n = static_cast<std::uint32_t>(rows.size());
  const std::uint32_t lower = (n - 1) / 2;
  const std::uint32_t upper = options.even == Even::mean ? n / 2 : lower;
  const auto network = selection_network(n, lower, upper);

  constexpr std::size_t lanes = kernels::network_lanes;  // a coordinate is a list
  std::vector<double> values(n * lanes);
  for (std::size_t first = 0; first < width; first += lanes) {
    const std::size_t count = std::min(lanes, width - first);
    for (std::uint32_t i = 0; i < n; ++i) {
      std::copy_n(rows[i] + first, count, values.data() + i * lanes);
    }
    kernels::apply_network(network, values.data());
    const double* a = values.data() + lower * lanes;
    const double* b = values.data() + upper * lanes;
    if (lower == upper) {
      std::copy_n(a, count, out + first);
    } else {
      for (std::size_t l = 0; l < count; ++l) out[first + l] = (a[l] + b[l]) / 2.0;
    }
  }
}

}  // namespace cohort
