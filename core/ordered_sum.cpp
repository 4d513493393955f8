#include "core/ordered_sum.hpp"

namespace cohort {

std::vector<std::pair<std::size_t, std::size_t>> split_by_subtree(
    std::span<const std::uint64_t> ids, std::size_t pieces) {
  std::vector<std::pair<std::size_t, std::size_t>> runs;
  if (ids.empty()) return runs;
  // Cut where the join level of neighbours is at least `level`: each run is then one subtree of
  // height level − 1. Lower the level until there are enough runs.
  const auto runs_at = [&](int level) {
    std::size_t n = 1;
    for (std::size_t i = 1; i < ids.size(); ++i) n += join_level(ids[i - 1], ids[i]) >= level;
    return n;
  };
  int level = 65;
  while (level > 1 && runs_at(level) < pieces && runs_at(level) < ids.size()) --level;
  std::size_t begin = 0;
  for (std::size_t i = 1; i < ids.size(); ++i) {
    if (join_level(ids[i - 1], ids[i]) >= level) {
      runs.emplace_back(begin, i);
      begin = i;
    }
  }
  runs.emplace_back(begin, ids.size());
  return runs;
}

IdRange rank_range(std::uint64_t count, std::uint32_t rank, std::uint32_t ranks) {
  COHORT_CHECK(ranks > 0 && rank < ranks, "rank is below the number of ranks");
  const std::uint64_t share = count / (4 * std::uint64_t{ranks});
  const std::uint64_t unit = std::bit_floor(share < 1 ? std::uint64_t{1} : share);
  const std::uint64_t units = (count + unit - 1) / unit;
  const auto cut = [&](std::uint64_t r) { return std::min(count, units * r / ranks * unit); };
  return {cut(rank), cut(rank + std::uint64_t{1})};
}

IdRange rank_subtrees(std::uint64_t count, std::uint32_t rank, std::uint32_t ranks) {
  IdRange range = rank_range(count, rank, ranks);
  if (range.last == count) range.last = IdRange{}.last;
  return range;
}

}  // namespace cohort
