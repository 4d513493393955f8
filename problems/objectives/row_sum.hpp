#pragma once
// Sums over the rows of a sample in the fixed shape of core/ordered_sum.hpp: leaves are blocks of
// row_block(n) rows, combined by the binary trie of block numbers. Unlike OrderedSum, which owns
// its values, this adds vectors in place in scratch memory and never allocates after its first use.

#include <algorithm>
#include <bit>
#include <cstdint>
#include <functional>
#include <span>

#include "core/kernels.hpp"
#include "core/oracle.hpp"
#include "core/ordered_sum.hpp"

namespace cohort {

/// Who uses which buffer of a Scratch, among the objectives of this folder.
enum class ScratchSlot : std::size_t { partial_sums, margins, rows, curvatures, accumulator };

inline std::span<double> scratch(Function::Context context, ScratchSlot slot, std::size_t n) {
  return context.scratch.doubles(static_cast<std::size_t>(slot), n);
}

namespace row_sum_detail {

/// Blocks [first, first + 2^height) that exist, summed into `sum` (overwritten); returns the sum of
/// the scalars. `spare` has height · sum.size() doubles.
template <class Leaf>
double subtree(std::uint64_t first, int height, std::uint64_t leaves, std::span<double> sum,
               std::span<double> spare, const Leaf& leaf) {
  if (height == 0) return leaf(first, sum);
  const std::uint64_t middle = first + (std::uint64_t{1} << (height - 1));
  double scalar = subtree(first, height - 1, leaves, sum, spare, leaf);
  if (middle < leaves) {
    const auto right = spare.first(sum.size());
    scalar += subtree(middle, height - 1, leaves, right, spare.subspan(sum.size()), leaf);
    kernels::add(right, sum);
  }
  return scalar;
}

/// Height of the trie over `leaves` ≥ 1 leaves.
inline int trie_height(std::uint64_t leaves) {
  return static_cast<int>(std::bit_width(leaves - 1));
}

/// Height of the subtrees that are the tasks of a pool: about four a thread, one without threads.
inline int task_height(std::uint64_t blocks, std::size_t threads) {
  const int all = trie_height(blocks);
  return threads == 1 ? all : std::max(0, all - trie_height(4 * threads));
}

}  // namespace row_sum_detail

/// out ← out + Σ_blocks v, returns Σ_blocks s, where leaf(first, count, lane, span v) → s adds the
/// rows [first, first + count) to v and returns their scalar. A sample of one block is added
/// straight to `out`. n ≥ 1; lane < lanes_of(context, n). Bits do not depend on the threads.
template <class Leaf>
double sum_over_rows(Function::Context context, std::uint64_t n, std::span<double> out,
                     const Leaf& leaf) {
  using namespace row_sum_detail;
  const std::uint64_t size = row_block(n);
  if (n <= size) return leaf(std::uint64_t{0}, n, std::size_t{0}, out);

  const std::uint64_t blocks = (n + size - 1) / size;
  const int height = task_height(blocks, context.pool.size());
  const std::uint64_t width = std::uint64_t{1} << height;
  const std::uint64_t tasks = (blocks + width - 1) / width;
  const int upper = trie_height(tasks);

  // [tasks] sums and their scalars, then room for the right hands: of each lane, and of the top.
  const std::size_t d = out.size();
  const std::size_t lane_room = static_cast<std::size_t>(height) * d;
  const auto memory = scratch(
      context, ScratchSlot::partial_sums,
      tasks * (d + 1) + context.pool.size() * lane_room + static_cast<std::size_t>(upper + 1) * d);
  const auto sums = memory.first(tasks * d);
  const auto scalars = memory.subspan(tasks * d, tasks);
  const auto lanes = memory.subspan(tasks * (d + 1), context.pool.size() * lane_room);
  const auto top = memory.last(static_cast<std::size_t>(upper + 1) * d);

  const auto run = [&](std::size_t task, std::size_t lane) {
    scalars[task] = subtree(task * width, height, blocks, sums.subspan(task * d, d),
                            lanes.subspan(lane * lane_room, lane_room),
                            [&](std::uint64_t block, std::span<double> v) {
                              std::fill(v.begin(), v.end(), 0.0);
                              const std::uint64_t first = block * size;
                              return leaf(first, std::min(size, n - first), lane, v);
                            });
  };
  context.pool.parallel_for(tasks, std::ref(run));

  const auto total = top.first(d);
  const double scalar =
      subtree(std::uint64_t{0}, upper, tasks, total, top.subspan(d),
              [&](std::uint64_t task, std::span<double> v) {
                std::copy_n(sums.begin() + static_cast<std::ptrdiff_t>(task * d), d, v.begin());
                return scalars[task];
              });
  kernels::add(total, out);
  return scalar;
}

/// Lanes that sum_over_rows and for_each_block may use for n rows.
inline std::size_t lanes_of(Function::Context context, std::uint64_t n) {
  return n <= row_block(n) ? 1 : context.pool.size();
}

/// body(first, count, lane) for each block of rows, in any order.
template <class Body>
void for_each_block(Function::Context context, std::uint64_t n, const Body& body) {
  const std::uint64_t size = row_block(n);
  if (n <= size) {
    if (n > 0) body(std::uint64_t{0}, n, std::size_t{0});
    return;
  }
  const auto run = [&](std::size_t block, std::size_t lane) {
    const std::uint64_t first = block * size;
    body(first, std::min(size, n - first), lane);
  };
  context.pool.parallel_for((n + size - 1) / size, std::ref(run));
}

}  // namespace cohort
