#pragma once
// Rows dealt to ranks, and every rule behind every chain of row maps, for the tests of the sharded
// aggregation.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "algorithms/aggregation_catalogue.hpp"
#include "tests/comm/ranks.hpp"
#include "worker/sharded_aggregation.hpp"

namespace cohort::sharded {

/// Column i is the row of a client whose id is not i: ids have gaps.
struct Rows {
  Mat columns;  // [d × n]

  std::size_t d() const { return static_cast<std::size_t>(columns.rows()); }
  std::size_t n() const { return static_cast<std::size_t>(columns.cols()); }
  static ClientId client(std::size_t i) { return ClientId(3 * i + (i % 4 == 1 ? 1 : 0)); }
  std::span<const double> row(std::size_t i) const { return {columns.data() + i * d(), d()}; }
  Vec column(std::size_t i) const { return columns.col(static_cast<Index>(i)); }
  /// Uneven, and with more than three ranks the second one has none.
  std::vector<AggregationRow> of_rank(std::uint32_t rank, std::uint32_t ranks) const {
    const auto cut = [&](std::uint32_t r) -> std::size_t {
      if (ranks > 3 && r == 2) --r;
      return r == ranks ? n() : n() * r * r / (ranks * ranks);
    };
    std::vector<AggregationRow> rows;
    for (std::size_t i = cut(rank); i < cut(rank + 1); ++i) rows.push_back({client(i), row(i)});
    return rows;
  }
};

inline Rows normal(std::size_t n, std::size_t d, std::uint64_t seed) {
  Rows rows{Mat(static_cast<Index>(d), static_cast<Index>(n))};
  Stream(seed, Purpose::test).fill_normal({rows.columns.data(), n * d});
  return rows;
}
/// Few honest rows among far, equal, tiny and close ones, and some that are not finite.
inline Rows hostile(std::size_t n, std::size_t d, std::uint64_t seed) {
  Rows rows = normal(n, d, seed);
  for (std::size_t i = 0; i < n; ++i) {
    auto row = rows.columns.col(static_cast<Index>(i));
    switch (i % 9) {
      case 1:
        row *= 1e12;
        break;
      case 3:
        row = rows.columns.col(static_cast<Index>(i - 1));
        break;
      case 4:
        row *= 1e-310;
        break;
      case 5:
        row = rows.columns.col(static_cast<Index>(i - 3)) + 1e-9 * row;
        break;
      case 6:
        row[static_cast<Index>(i) % row.size()] = i % 2 == 0
                                                      ? std::numeric_limits<double>::quiet_NaN()
                                                      : std::numeric_limits<double>::infinity();
        break;
      case 8:
        row.setConstant(1e160);
        break;
      default:
        break;
    }
  }
  return rows;
}

struct Case {
  std::string name;
  Aggregation aggregation;
};
inline Aggregation named(const std::string& rule, const std::vector<std::string>& maps = {}) {
  Mistakes mistakes;
  Aggregation out;
  out.rule = rules().make(config_value(rule), "", mistakes).object;
  for (const auto& map : maps) {
    out.maps.push_back(row_maps().make(config_value(map), "", mistakes).object);
  }
  EXPECT_TRUE(mistakes.empty()) << rule;
  return out;
}
/// Each rule that ships, alone and behind nnm; each map in front of a rule of either kind, and two.
inline std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const auto& entry : rules().entries()) {
    cases.push_back({entry.name, named(entry.name)});
    cases.push_back({"nnm+" + entry.name, named(entry.name, {"nnm"})});
  }
  for (const std::string rule : {"krum", "median"}) {
    for (const auto& map : row_maps().entries()) {
      if (map.name != "nnm") cases.push_back({map.name + "+" + rule, named(rule, {map.name})});
    }
    cases.push_back({"nnm+clip+" + rule, named(rule, {"nnm", "clip"})});
  }
  return cases;
}

/// As many Byzantine rows as all parts take once the k rows that are not finite are gone.
inline std::size_t most_f(const Aggregation& aggregation, std::size_t n) {
  std::size_t f = n;
  for (const auto& map : aggregation.maps) {
    f = std::min(f, map->tolerated(n));
    n = map->rows_out(n);
  }
  return std::min(f, aggregation.rule->tolerated(n));
}

inline Result<Aggregate> aggregate(const Aggregation& aggregation,
                                   std::span<const AggregationRow> rows, std::size_t d,
                                   std::size_t f, std::size_t threads = 1,
                                   Exchange* exchange = nullptr) {
  ThreadPool pool(threads);
  return aggregate_rows(aggregation, rows, d, {f, Stream(1, Purpose::aggregation)}, pool, exchange,
                        patience());
}

/// Same bits; NaN is no equal.
inline void expect_same(const Aggregate& a, const Aggregate& b, const std::string& where) {
  ASSERT_EQ(a.value.size(), b.value.size()) << where;
  for (Index k = 0; k < a.value.size(); ++k) ASSERT_EQ(a.value[k], b.value[k]) << where << " " << k;
  EXPECT_EQ(a.weights.clients, b.weights.clients) << where;
  EXPECT_EQ(a.weights.origin, b.weights.origin) << where;
  EXPECT_EQ(a.dropped, b.dropped) << where;
}

}  // namespace cohort::sharded
