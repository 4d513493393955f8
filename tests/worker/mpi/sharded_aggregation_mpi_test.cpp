#include "tests/comm/mpi/world.hpp"
#include "tests/worker/resident.hpp"
#include "tests/worker/sharded_rows.hpp"

namespace cohort {
namespace {

TEST(ShardedAggregationOverMpi, GivesTheBitsOfOneProcess) {
  const auto transport = *world().transport();
  Exchange exchange(*transport);
  for (const std::size_t d : {5U, 20000U}) {
    const auto rows = sharded::hostile(21, d, 1);
    for (const auto& [name, aggregation] : sharded::all_cases()) {
      const std::size_t f = std::min<std::size_t>(sharded::most_f(aggregation, 17), 3) + 4;
      const auto together =
          sharded::aggregate(aggregation, rows.of_rank(transport->self().value, transport->size()),
                             d, f, 1, &exchange);
      ASSERT_TRUE(together) << name << ": " << together.error().message;
      if (transport->self() != Rank(0)) continue;
      const auto alone = sharded::aggregate(aggregation, rows.of_rank(0, 1), d, f);
      ASSERT_TRUE(alone) << name << ": " << alone.error().message;
      sharded::expect_same(*together, *alone, name);
    }
  }
}

// 32 rows of 6.4 MB, 205 MB in all.
TEST(ShardedAggregationOverMpi, TakesNoRankTheMemoryOfAllRows) {
  const auto transport = *world().transport();
  if (transport->size() == 1) GTEST_SKIP() << "one rank holds all rows";
  Exchange exchange(*transport);
  constexpr std::size_t n = 32, d = 800000;
  const std::size_t mine = n / transport->size();
  const auto held = sharded::normal(mine, d, transport->self().value);
  std::vector<AggregationRow> rows;
  for (std::size_t i = 0; i < mine; ++i) {
    rows.push_back({ClientId(transport->self().value * mine + i), held.row(i)});
  }
  for (const char* rule : {"median", "krum"}) {
    reset_peak();
    const std::size_t before = resident_bytes("VmRSS");
    const auto done = sharded::aggregate(sharded::named(rule, {"nnm"}), rows, d, 10, 1, &exchange);
    ASSERT_TRUE(done) << done.error().message;
    // Up to four tiles each way, the centre and the result: 46 MB; 10 to 20 were measured.
    const std::size_t allowed = 8 * (std::size_t{4} << 20) + 2 * d * sizeof(double);
    EXPECT_LT(resident_bytes("VmHWM"), before + allowed) << rule;
  }
}

}  // namespace
}  // namespace cohort
