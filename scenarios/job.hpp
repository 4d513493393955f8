#pragma once
// What the processes of a job share for its whole length, and how they come to know the same.

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "comm/codec.hpp"
#include "comm/exchange.hpp"
#include "comm/transport.hpp"

namespace cohort {

struct Job {
  Transport* transport = nullptr;
  Exchange* exchange = nullptr;
  const std::atomic<int>* stop_signal = nullptr;

  std::uint32_t rank() const { return transport->self().value; }
  std::uint32_t ranks() const { return transport->size(); }
};

/// The slowest rank reads its data in this time.
inline constexpr Seconds agreement_limit{1800};

/// Every rank's message on every rank, by rank.
template <class M>
Result<std::vector<M>> share(const M& mine, const Job& job, Seconds limit = agreement_limit) {
  if (job.ranks() == 1) return std::vector<M>{mine};
  std::vector<Frame> outgoing(job.ranks(), encode(mine));
  COHORT_TRY(const auto frames,
             job.exchange->all_to_all(std::move(outgoing), Deadline::after(limit)));
  std::vector<M> all;
  for (std::uint32_t r = 0; r < job.ranks(); ++r) {
    COHORT_TRY(M m, decode<M>(frames[r], "rank " + std::to_string(r)));
    all.push_back(std::move(m));
  }
  return all;
}

/// Rank 0's message on every rank.
template <class M>
Result<M> from_rank_0(const M& mine, const Job& job, Seconds limit = agreement_limit) {
  if (job.ranks() == 1) return mine;
  COHORT_TRY(const Frame frame,
             job.exchange->broadcast(Rank(0), encode(mine), Deadline::after(limit)));
  return decode<M>(frame, "rank 0");
}

}  // namespace cohort
