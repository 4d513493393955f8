#include "scenarios/byzantine.hpp"

#include <algorithm>

#include "core/check.hpp"

namespace cohort {

namespace {
// Terms below this share of the largest one are left out: with at most 2^40 of them, what is left
// out is below 1e-18 of the whole.
constexpr double negligible = 1e-30;
}  // namespace

double probability_above(const CohortDraw& draw, std::uint64_t f) {
  const std::uint64_t N = draw.clients, K = draw.byzantine, n = draw.cohort;
  COHORT_CHECK(K <= N && n <= N, "a draw has at most all clients");
  const std::uint64_t lowest = n > N - K ? n - (N - K) : 0;
  const std::uint64_t highest = std::min(n, K);
  if (f >= highest) return 0;
  // P(k + 1) / P(k)
  const auto ratio = [&](std::uint64_t k) {
    return (static_cast<double>(K - k) / static_cast<double>(k + 1)) *
           (static_cast<double>(n - k) / static_cast<double>(N - K + k + 1 - n));
  };
  // From the mode outwards, in units of its probability.
  const double mode_real =
      (static_cast<double>(n) + 1) * (static_cast<double>(K) + 1) / (static_cast<double>(N) + 2);
  const std::uint64_t mode = std::clamp(static_cast<std::uint64_t>(mode_real), lowest, highest);
  double above = mode > f ? 1 : 0;
  double below = mode > f ? 0 : 1;
  const auto add = [&](std::uint64_t k, double term) { (k > f ? above : below) += term; };
  double term = 1;
  for (std::uint64_t k = mode; k < highest && term > negligible; ++k) {
    term *= ratio(k);
    add(k + 1, term);
  }
  term = 1;
  for (std::uint64_t k = mode; k > lowest && term > negligible; --k) {
    term /= ratio(k - 1);
    add(k - 1, term);
  }
  return above / (above + below);
}

double probability_of_any(double p, std::uint64_t times) {
  double any = 0;    // of the bits of `times` read so far
  double block = p;  // of 2^i times
  for (; times > 0; times /= 2) {
    if (times % 2 == 1) any += block - any * block;
    block += block - block * block;
  }
  return any;
}

std::uint64_t least_f(const CohortDraw& draw, std::uint64_t rounds, double risk,
                      std::uint64_t at_least) {
  std::uint64_t f = at_least;
  while (probability_of_any(probability_above(draw, f), rounds) > risk) ++f;
  return f;
}

std::size_t tolerated_f(const Aggregation& aggregation, std::size_t n) {
  std::size_t most = n;
  for (const auto& map : aggregation.maps) {
    most = std::min(most, map->tolerated(n));
    n = map->rows_out(n);
  }
  return aggregation.rule == nullptr ? most : std::min(most, aggregation.rule->tolerated(n));
}

std::optional<std::uint64_t> smallest_sufficient_cohort(CohortDraw draw,
                                                        const Aggregation& aggregation,
                                                        std::optional<std::uint64_t> fixed,
                                                        std::uint64_t rounds, double risk) {
  std::uint64_t f = 0;
  while (draw.cohort <= draw.clients) {
    // A larger cohort never holds fewer Byzantine clients, so f only grows.
    f = fixed ? *fixed : least_f(draw, rounds, risk, f);
    const std::uint64_t tolerated = tolerated_f(aggregation, draw.cohort);
    if (f <= tolerated) return draw.cohort;
    draw.cohort += f - tolerated;
  }
  return std::nullopt;
}

}  // namespace cohort
