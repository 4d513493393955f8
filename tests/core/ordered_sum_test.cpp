#include "core/ordered_sum.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace cohort {
namespace {

// A sum of strings writes down its own shape: "((0+1)+5)".
using Text = std::string;
struct Join {
  void operator()(Text& left, Text&& right) const { left = "(" + left + "+" + right + ")"; }
};
using TextSum = OrderedSum<Text, Join>;

// The definition, by recursion over the nodes [start, start + 2^height) of the trie.
Text reference(std::span<const std::uint64_t> ids, std::uint64_t start, int height) {
  std::vector<std::uint64_t> inside;
  for (const std::uint64_t id : ids) {
    if (id - start < std::uint64_t{1} << height && id >= start) inside.push_back(id);
  }
  if (inside.empty()) return "";
  if (inside.size() == 1) return std::to_string(inside.front());
  const std::uint64_t half = std::uint64_t{1} << (height - 1);
  const Text left = reference(inside, start, height - 1);
  const Text right = reference(inside, start + half, height - 1);
  if (left.empty() || right.empty()) return left + right;
  return "(" + left + "+" + right + ")";
}

std::vector<std::uint64_t> random_ids(std::mt19937& draw, std::uint64_t below, double share) {
  std::vector<std::uint64_t> ids;
  for (std::uint64_t id = 0; id < below; ++id) {
    if (std::bernoulli_distribution(share)(draw)) ids.push_back(id);
  }
  return ids;
}

Text total(std::span<const std::uint64_t> ids) {
  TextSum sum{Join{}};
  for (const std::uint64_t id : ids) sum.add(id, std::to_string(id));
  return std::move(sum).total().value_or("");
}

TEST(OrderedSum, ShapeIsTheTrieOfTheIdsPresent) {
  const std::vector<std::uint64_t> ids{0, 1, 5, 6, 7, 12};
  EXPECT_EQ(total(ids), "(((0+1)+(5+(6+7)))+12)");
  EXPECT_EQ(total({}), "");
  const std::vector<std::uint64_t> one{9};
  EXPECT_EQ(total(one), "9");
  std::mt19937 draw(1);
  for (int trial = 0; trial < 300; ++trial) {
    const double share = std::uniform_real_distribution<double>(0.02, 1)(draw);
    const auto some = random_ids(draw, 1 + draw() % 100, share);
    ASSERT_EQ(total(some), reference(some, 0, 7));
  }
}

TEST(OrderedSum, IdsAtTheEndsOfTheirRangeAreNoSpecialCase) {
  const std::uint64_t most = ~std::uint64_t{0};
  const std::uint64_t half = std::uint64_t{1} << 63;
  const std::vector<std::uint64_t> ids{0, half - 1, half, most - 1, most};
  EXPECT_EQ(total(ids),
            "((0+9223372036854775807)+(9223372036854775808+"
            "(18446744073709551614+18446744073709551615)))");
}

// Sums over [0, cut₁), [cut₁, cut₂), … , each restricted to its range, merged.
Text in_ranges(std::span<const std::uint64_t> ids, const std::vector<IdRange>& ranges) {
  TextSum sum{Join{}};
  for (const IdRange range : ranges) {
    TextSum part(Join{}, range);
    for (const std::uint64_t id : ids) {
      if (id >= range.first && id < range.last) part.add(id, std::to_string(id));
    }
    for (auto& [id, text] : std::move(part).finish()) sum.add(id, std::move(text));
  }
  return std::move(sum).total().value_or("");
}

TEST(OrderedSum, RangesMergeToTheSameShapeWhereverTheyAreCut) {
  std::mt19937 draw(2);
  for (int trial = 0; trial < 300; ++trial) {
    const auto ids = random_ids(draw, 64, 0.5);
    std::vector<std::uint64_t> cuts{0, draw() % 65, draw() % 65, draw() % 65, 64};
    std::sort(cuts.begin(), cuts.end());
    std::vector<IdRange> ranges;
    for (std::size_t i = 0; i + 1 < cuts.size(); ++i) ranges.push_back({cuts[i], cuts[i + 1]});
    ranges.back().last = IdRange{}.last;
    ASSERT_EQ(in_ranges(ids, ranges), reference(ids, 0, 7));
  }
}

TEST(OrderedSum, RangesOfRanksCoverAllIdsInOrderAndSendFewSubtrees) {
  for (const std::uint64_t count : {1U, 2U, 7U, 50U, 64U, 1000U, 4097U}) {
    for (const std::uint32_t ranks : {1U, 2U, 3U, 4U, 7U, 64U}) {
      std::uint64_t next = 0;
      std::vector<IdRange> ranges;
      for (std::uint32_t r = 0; r < ranks; ++r) {
        const IdRange range = rank_range(count, r, ranks);
        EXPECT_EQ(range.first, next);
        EXPECT_LE(range.first, range.last);
        next = range.last;
        ranges.push_back(rank_subtrees(count, r, ranks));
      }
      EXPECT_EQ(next, count);
      std::vector<std::uint64_t> ids(count);
      for (std::uint64_t i = 0; i < count; ++i) ids[i] = i;
      ASSERT_EQ(in_ranges(ids, ranges), total(ids)) << count << " ids, " << ranks << " ranks";
    }
  }
  // 1000 ids on 4 ranks: cut at multiples of 32, at most about 4 · 2 + 1 subtrees a rank.
  TextSum part(Join{}, rank_subtrees(1000, 1, 4));
  const IdRange range = rank_range(1000, 1, 4);
  EXPECT_EQ(range.first % 32, 0U);
  for (std::uint64_t id = range.first; id < range.last; ++id) part.add(id, "x");
  EXPECT_LE(std::move(part).finish().size(), 9U);
}

TEST(OrderedSum, ThreadsDoNotChangeTheShape) {
  std::mt19937 draw(3);
  for (const std::size_t threads : {1U, 2U, 4U}) {
    ThreadPool pool(threads);
    for (int trial = 0; trial < 30; ++trial) {
      const auto ids = random_ids(draw, 300, 0.4);
      // Every fifth id is asked and has no value.
      std::vector<std::uint64_t> present;
      for (const std::uint64_t id : ids) {
        if (id % 5 != 0) present.push_back(id);
      }
      const auto roots = ordered_sum<Text>(
          ids, pool,
          [&](std::size_t position, std::uint64_t id, std::size_t lane) -> std::optional<Text> {
            EXPECT_EQ(ids[position], id);
            EXPECT_LT(lane, threads);
            if (id % 5 == 0) return std::nullopt;
            return std::to_string(id);
          },
          [](std::size_t) { return Join{}; });
      ASSERT_EQ(roots.size(), present.empty() ? 0U : 1U);
      if (!roots.empty()) {
        ASSERT_EQ(roots.front().value, reference(present, 0, 9));
      }
    }
  }
}

TEST(OrderedSum, RunsOfTheSplitAreWholeSubtreesInOrder) {
  std::mt19937 draw(4);
  for (int trial = 0; trial < 100; ++trial) {
    const auto ids = random_ids(draw, 200, 0.5);
    const std::size_t pieces = 1 + draw() % 20;
    const auto runs = split_by_subtree(ids, pieces);
    std::size_t next = 0;
    for (const auto& [begin, end] : runs) {
      ASSERT_EQ(begin, next);
      ASSERT_LT(begin, end);
      next = end;
      // What joins the run inside joins no one outside first.
      const int inside = begin + 1 == end ? 0 : join_level(ids[begin], ids[end - 1]);
      if (begin > 0) {
        ASSERT_GT(join_level(ids[begin - 1], ids[begin]), inside);
      }
      if (end < ids.size()) {
        ASSERT_GT(join_level(ids[end - 1], ids[end]), inside);
      }
    }
    ASSERT_EQ(next, ids.size());
    ASSERT_GE(runs.size(), std::min(pieces, ids.size()));
  }
  EXPECT_TRUE(split_by_subtree({}, 4).empty());
}

TEST(OrderedSum, MemoryIsOneValueALevel) {
  // Live values at any time: at most one a level, one being added and one just merged.
  static int live = 0, most = 0;
  struct Counted {
    Counted() { most = std::max(most, ++live); }
    Counted(Counted&&) noexcept { most = std::max(most, ++live); }
    Counted& operator=(Counted&&) noexcept = default;
    ~Counted() { --live; }
  };
  const auto combine = [](Counted&, Counted&&) {};
  OrderedSum<Counted, decltype(combine)> sum(combine);
  for (std::uint64_t id = 0; id < 4096; ++id) sum.add(id, Counted());
  // Growing the stack holds every value twice for a moment.
  EXPECT_LE(most, 2 * 14 + 2);
}

TEST(OrderedSum, IdsMustAscend) {
  TextSum sum{Join{}};
  sum.add(3, "3");
  EXPECT_DEATH(sum.add(3, "3"), "ids of an ordered sum ascend");
}

TEST(OrderedSum, RowBlocksDependOnTheNumberOfRowsAlone) {
  EXPECT_EQ(row_block(1), 512U);
  EXPECT_EQ(row_block(512 * 64), 512U);
  EXPECT_EQ(row_block(512 * 64 + 1), 1024U);
  EXPECT_EQ(row_block(1000000), 16384U);
}

}  // namespace
}  // namespace cohort
