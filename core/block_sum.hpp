#pragma once
// Weighted sums of blocks in the shape of the trie: Σ w_i b_i over clients, dense or sparse.
// A sparse node turns dense when its count exceeds half of its coordinates, decided by the node
// alone, so the bits do not depend on who holds which subtree.

#include <cstdint>
#include <utility>
#include <vector>

#include "core/ordered_sum.hpp"
#include "core/payload.hpp"

namespace cohort {

struct BlockSum {
  std::uint64_t coordinates = 0;
  double weight = 0;  // Σ w_i
  bool dense = true;
  Bytes values;                      // f64: [coordinates], or one an index
  std::vector<std::uint32_t> index;  // ascending; empty if dense

  Vec to_vec() const;
  template <class V>
  void fields(V&& v) {
    v("coordinates", coordinates);
    v("weight", weight);
    v("dense", dense);
    v("values", values);
    v("index", index);
  }
};

/// Sizes agree: what came from a peer may be merged.
Result<void> validate(const BlockSum& sum);

/// One leaf or node: the sums of several blocks of a reply, in the order of the phase.
using ReplySum = std::vector<BlockSum>;

/// w · b; takes the storage of the block if it holds f64.
BlockSum weighted_leaf(Block&& block, double w);

/// left ← left + right. Storage that is no longer needed goes to `spare`, if given.
void add(BlockSum& left, BlockSum&& right, std::vector<Bytes>* spare = nullptr);

struct AddReplies {
  std::vector<Bytes>* spare = nullptr;
  void operator()(ReplySum& left, ReplySum&& right) const {
    COHORT_CHECK(left.size() == right.size(), "replies to one Ask have the same blocks");
    for (std::size_t i = 0; i < left.size(); ++i) add(left[i], std::move(right[i]), spare);
  }
};

}  // namespace cohort
