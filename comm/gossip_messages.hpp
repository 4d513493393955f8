#pragma once
// What processes that host nodes say to each other in a decentralized run: the edges that cross
// processes, and what the first of them needs for the log.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/block_sum.hpp"
#include "core/hash.hpp"
#include "core/ids.hpp"
#include "core/oracle.hpp"
#include "core/payload.hpp"

namespace cohort {

/// What nodes of the sender share in one phase of a round: each once, however many nodes of the
/// receiver hear from it.
struct GossipMessage {
  static constexpr std::uint16_t type = 40;
  std::uint64_t round = 0;
  std::uint32_t phase = 0;
  std::vector<NodeId> nodes;  // ascending
  std::vector<Payload> shared;
  template <class V>
  void fields(V&& v) {
    v("round", round);
    v("phase", phase);
    v("nodes", nodes);
    v("shared", shared);
  }
};

/// The hash of a node of the trie is that of its children's hashes.
struct JoinHashes {
  void operator()(Hash128& left, Hash128&& right) const {
    left = hash_fields(std::pair(left, right));
  }
};

/// What a process did in a round.
struct RoundPart {
  static constexpr std::uint16_t type = 41;
  std::uint64_t round = 0;
  std::vector<Subtree<Hash128>> hashes;  // of its nodes' states
  std::vector<Subtree<Hash128>> tokens;  // of those that are there
  OracleCounts counts;
  std::uint64_t bytes = 0;           // protocol bytes over the edges that leave its nodes
  std::optional<NodeId> non_finite;  // the first node whose model is not
  double seconds = 0;                // for the log of timings alone
  template <class V>
  void fields(V&& v) {
    v("round", round);
    v("hashes", hashes);
    v("tokens", tokens);
    v("counts", counts);
    v("bytes", bytes);
    v("non_finite", non_finite);
    v("seconds", seconds);
  }
};

/// Σ x_i over the subtrees of a process.
struct ModelSum {
  static constexpr std::uint16_t type = 42;
  std::vector<Subtree<ReplySum>> sums;
  template <class V>
  void fields(V&& v) {
    v("sums", sums);
  }
};

/// How far nodes are from their mean.
struct Spreading {
  double sum = 0;   // Σ ‖x_i − x̄‖²
  double most = 0;  // max ‖x_i − x̄‖²
  std::uint64_t models = 1;
  template <class V>
  void fields(V&& v) {
    v("sum", sum);
    v("most", most);
    v("models", models);
  }
};
struct Farther {
  void operator()(Spreading& left, Spreading&& right) const {
    left.sum += right.sum;
    left.most = std::max(left.most, right.most);
    left.models += right.models;
  }
};
struct SpreadMessage {
  static constexpr std::uint16_t type = 43;
  std::vector<Subtree<Spreading>> spreads;
  template <class V>
  void fields(V&& v) {
    v("spreads", spreads);
  }
};

}  // namespace cohort
