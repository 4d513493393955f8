#pragma once
// Byzantine clients that collude: the one row that all of them send, made of the honest rows of a
// block before the rule sees any. The honest rows stay where they are; what travels is what an
// aggregation of them would need, and the row, [d], to every rank.

#include <span>

#include "algorithms/aggregation.hpp"
#include "worker/sharded_aggregation.hpp"

namespace cohort {

struct CollusionPlan {
  const Attack* attack;               // colludes
  std::span<const ClientId> clients;  // Byzantine, ascending, over all ranks; one at least
  Stream stream;                      // Purpose::attack, this round and block
};

/// The row, [d], on every rank. `honest` are this rank's rows of the others; every rank calls this
/// with equal other arguments. An error (diverged): the honest rows are none, or the row that is
/// made is not finite.
Result<Vec> colluding_row(const CollusionPlan& plan, const Aggregation& aggregation,
                          std::span<const AggregationRow> honest, std::size_t d,
                          const RoundInput& round, ThreadPool& pool, Exchange* exchange,
                          Deadline deadline);
Result<Vec> colluding_row(const CollusionPlan& plan, const Aggregation& aggregation,
                          std::span<const SingleRow> honest, std::size_t d, const RoundInput& round,
                          ThreadPool& pool, Exchange* exchange, Deadline deadline);

}  // namespace cohort
