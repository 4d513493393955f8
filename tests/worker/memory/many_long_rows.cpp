// What robust aggregation is made for: 64 clients with a model of four million weights, on four
// ranks.

#include "tests/comm/mpi/world.hpp"
#include "tests/worker/resident.hpp"
#include "tests/worker/sharded_rows.hpp"

namespace cohort {
namespace {

constexpr std::size_t clients = 64, d = 4'000'000, f = 10;

/// The rows of clients [first, last), those of the liars far away.
struct Held {
  std::vector<std::vector<double>> values;
  std::vector<AggregationRow> rows;

  Held(std::size_t first, std::size_t last) {
    for (std::size_t c = first; c < last; ++c) {
      auto& row = values.emplace_back(d);
      Stream(1, Purpose::test, c).fill_normal(row);
      if (c % 7 == 3) {
        for (double& x : row) x *= 1e12;
      }
      rows.push_back({ClientId(c), row});
    }
  }
};

TEST(ManyLongRows, NoRankNeedsMuchMoreThanItsShareAndTheBitsAreThoseOfOneProcess) {
  const auto transport = *world().transport();
  const std::size_t self = transport->self().value, ranks = transport->size();
  Exchange exchange(*transport);
  const std::vector<std::string> rules = {"median", "multi_krum"};
  std::vector<Aggregate> together;
  {
    const Held mine(self * clients / ranks, (self + 1) * clients / ranks);
    for (const std::string& rule : rules) {
      reset_peak();
      auto done = sharded::aggregate(sharded::named(rule), mine.rows, d, f, 1, &exchange);
      ASSERT_TRUE(done) << done.error().message;
      together.push_back(*std::move(done));
      const auto share = static_cast<double>(clients * d * sizeof(double) / ranks);
      const auto peak = static_cast<double>(resident_bytes("VmHWM"));
      EXPECT_LE(peak, 1.3 * share + 200e6) << rule << " on rank " << self;
      std::printf("%s, rank %zu of %zu: peak %.0f MB, its rows %.0f MB\n", rule.c_str(), self,
                  ranks, peak / 1e6, share / 1e6);
    }
  }
  if (self != 0) return;
  const Held all(0, clients);
  for (std::size_t k = 0; k < rules.size(); ++k) {
    const auto alone = sharded::aggregate(sharded::named(rules[k]), all.rows, d, f);
    ASSERT_TRUE(alone) << alone.error().message;
    sharded::expect_same(together[k], *alone, rules[k]);
  }
}

}  // namespace
}  // namespace cohort
