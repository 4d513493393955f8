#pragma once
// Who lies in a run, and how.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "algorithms/aggregation.hpp"
#include "core/ids.hpp"
#include "core/oracle.hpp"

namespace cohort {

/// Which clients lie, from which round on, and how.
struct ByzantinePlan {
  std::vector<ClientId> clients;  // ascending
  std::uint64_t from_round = 0;
  std::shared_ptr<const Attack> attack;  // shared by the threads of the pool
  const Function* flipped = nullptr;     // of an attack that flips labels: on rows that have them

  /// At some time: what such a client has is measured at no time.
  bool is_liar(ClientId client) const {
    return std::binary_search(clients.begin(), clients.end(), client);
  }
  bool lies(ClientId client, std::uint64_t round) const {
    return round >= from_round && is_liar(client);
  }
};

}  // namespace cohort
