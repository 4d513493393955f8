#pragma once
// How many Byzantine updates a round may hold, and what cohort is enough for an aggregation.
//
// A cohort of n clients drawn without replacement from N, of which K are Byzantine, holds X of
// them, hypergeometric: P(X = k) = C(K, k) C(N−K, n−k) / C(N, n). Everything here is products,
// quotients and sums of positive numbers, so the result does not depend on a machine's libm.

#include <cstdint>
#include <optional>

#include "algorithms/aggregation.hpp"

namespace cohort {

/// Clients in all, Byzantine ones among them, and in a cohort: K ≤ N, n ≤ N.
struct CohortDraw {
  std::uint64_t clients = 0;    // N
  std::uint64_t byzantine = 0;  // K
  std::uint64_t cohort = 0;     // n
};

/// P(X > f).
double probability_above(const CohortDraw& draw, std::uint64_t f);

/// 1 − (1 − p)^times, without cancellation.
double probability_of_any(double p, std::uint64_t times);

/// The least f ≥ `at_least` with P(some of `rounds` independent rounds has X > f) ≤ risk.
std::uint64_t least_f(const CohortDraw& draw, std::uint64_t rounds, double risk,
                      std::uint64_t at_least = 0);

/// The largest f that the row maps and the rule tolerate among n updates; all n of them for the
/// weighted mean without maps, which promises nothing.
std::size_t tolerated_f(const Aggregation& aggregation, std::size_t n);

/// The least cohort n in [draw.cohort, N] of which the aggregation tolerates f(n), where f is
/// `fixed` or least_f(n); none if even all clients are not enough. An aggregation is taken to
/// tolerate at most one more update for every update it gets.
std::optional<std::uint64_t> smallest_sufficient_cohort(CohortDraw draw,
                                                        const Aggregation& aggregation,
                                                        std::optional<std::uint64_t> fixed,
                                                        std::uint64_t rounds, double risk);

}  // namespace cohort
