#pragma once
// Sums of a fixed shape: the binary trie of ids.
//   leaf = id, node = ids [k·2^h, (k+1)·2^h), value = left + right, absent ids are skipped.
// The shape depends on which ids are present and on nothing else, so threads and ranks may take any
// subtrees in any order and the bits of the total stay the same.
//
// A range [first, last) restricts an OrderedSum to the nodes that lie inside it: what is left are
// the roots of the largest such subtrees, to be merged with those of other ranges.

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "core/check.hpp"
#include "core/thread_pool.hpp"

namespace cohort {

/// Height of the lowest common ancestor of two different ids.
constexpr int join_level(std::uint64_t a, std::uint64_t b) {
  return static_cast<int>(std::bit_width(a ^ b));
}

struct IdRange {
  static constexpr std::uint64_t no_end = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t first = 0;
  std::uint64_t last = no_end;

  /// Whether the common ancestor of a and b lies inside.
  constexpr bool contains_join(std::uint64_t a, std::uint64_t b) const {
    const int level = join_level(a, b);
    if (level >= 64) return first == 0 && last == no_end;
    const std::uint64_t width = std::uint64_t{1} << level;
    const std::uint64_t start = a & ~(width - 1);
    return start >= first && (last == no_end || (width <= last && start <= last - width));
  }
};

/// A subtree's sum, named by any id in it.
template <class V>
struct Subtree {
  std::uint64_t id = 0;
  V value{};
  template <class F>
  void fields(F&& f) {
    f("id", id);
    f("value", value);
  }
};

/// Add leaves (or subtrees) by ascending id. `combine(V& left, V&& right)` makes the parent in
/// `left`. Memory: one value a level of the trie.
template <class V, class Combine>
class OrderedSum {
 public:
  explicit OrderedSum(Combine combine, IdRange range = {})
      : combine_(std::move(combine)), range_(range) {}

  void add(std::uint64_t id, V value) {
    COHORT_CHECK(stack_.empty() || stack_.back().id < id, "ids of an ordered sum ascend");
    while (stack_.size() >= 2) {
      const auto& [left, right] = top_two();
      if (join_level(left, right) >= join_level(right, id) || !range_.contains_join(left, right)) {
        break;
      }
      merge_top();
    }
    stack_.push_back({id, std::move(value)});
  }

  /// The roots of the largest subtrees inside the range; one, if the range is everything.
  std::vector<Subtree<V>> finish() && {
    // Merging at the top never blocks a merge below: a subtree that leaves the range at the top
    // stays, and what is under it is tried next.
    std::vector<Subtree<V>> roots;
    while (!stack_.empty()) {
      while (stack_.size() >= 2) {
        const auto& [left, right] = top_two();
        if (!range_.contains_join(left, right)) break;
        merge_top();
      }
      roots.push_back(std::move(stack_.back()));
      stack_.pop_back();
    }
    std::reverse(roots.begin(), roots.end());
    return roots;
  }
  /// Of an unrestricted sum.
  std::optional<V> total() && {
    auto roots = std::move(*this).finish();
    if (roots.empty()) return std::nullopt;
    COHORT_CHECK(roots.size() == 1, "total() of a sum over part of the ids");
    return std::move(roots.front().value);
  }

 private:
  std::pair<std::uint64_t, std::uint64_t> top_two() const {
    return {stack_[stack_.size() - 2].id, stack_.back().id};
  }
  void merge_top() {
    Subtree<V> right = std::move(stack_.back());
    stack_.pop_back();
    combine_(stack_.back().value, std::move(right.value));
    // The subtree is named by its last id, so that the next join is seen from its right edge.
    stack_.back().id = right.id;
  }

  Combine combine_;
  IdRange range_;
  std::vector<Subtree<V>> stack_;
};

/// Splits ascending ids into runs, each the whole of one subtree's present ids, about `pieces` of
/// them: the tasks of a parallel ordered sum. Returns [begin, end) positions.
std::vector<std::pair<std::size_t, std::size_t>> split_by_subtree(
    std::span<const std::uint64_t> ids, std::size_t pieces);

/// Sum over ascending ids on the threads of a pool. leaf(position, id, lane) → std::optional<V>;
/// an id without a value counts as absent. combine(lane) gives the function that makes a parent.
/// Bits do not depend on the number of threads.
template <class V, class Leaf, class Combine>
std::vector<Subtree<V>> ordered_sum(std::span<const std::uint64_t> ids, ThreadPool& pool, Leaf leaf,
                                    Combine combine, IdRange range = {}) {
  const auto tasks = split_by_subtree(ids, 8 * pool.size());
  std::vector<std::vector<Subtree<V>>> parts(tasks.size());
  pool.parallel_for(tasks.size(), [&](std::size_t task, std::size_t lane) {
    OrderedSum<V, decltype(combine(lane))> sum(combine(lane), range);
    for (std::size_t i = tasks[task].first; i < tasks[task].second; ++i) {
      if (std::optional<V> value = leaf(i, ids[i], lane)) sum.add(ids[i], std::move(*value));
    }
    parts[task] = std::move(sum).finish();
  });
  OrderedSum<V, decltype(combine(std::size_t{0}))> sum(combine(0), range);
  for (auto& part : parts) {
    for (auto& [id, value] : part) sum.add(id, std::move(value));
  }
  return std::move(sum).finish();
}

/// Block of rows whose sums are leaves: max(512, next power of two of n/64); depends on n alone.
constexpr std::uint64_t row_block(std::uint64_t rows) {
  const std::uint64_t wanted = std::bit_ceil((rows + 63) / 64);
  return wanted < 512 ? 512 : wanted;
}
/// Coordinates are summed in blocks of this many.
inline constexpr std::uint64_t coordinate_block = 4096;

/// The id range [first, last) of a rank: ranges are cut at multiples of the largest power of two
/// that is at most max(1, count/(4·ranks)), so that a rank holds whole subtrees.
IdRange rank_range(std::uint64_t count, std::uint32_t rank, std::uint32_t ranks);
/// The same range for an OrderedSum: no id is at or beyond `count`, so the last rank's has no end.
IdRange rank_subtrees(std::uint64_t count, std::uint32_t rank, std::uint32_t ranks);

}  // namespace cohort
