#include "worker/collusion.hpp"

#include "tests/worker/sharded_rows.hpp"

namespace cohort {
namespace {

using sharded::Rows;

std::shared_ptr<const Attack> attack(const std::string& name) {
  Mistakes mistakes;
  return attacks().make(config_value(name), "", mistakes).object;
}

/// The row that the colluders among `rows` send, on every rank alike.
Vec row_over_ranks(std::uint32_t ranks, const Attack& attack, const Aggregation& aggregation,
                   const Rows& rows, const std::vector<ClientId>& liars, std::size_t f) {
  Vec first;
  std::mutex guard;
  const auto work = [&](std::uint32_t rank, Exchange* exchange) {
    std::vector<AggregationRow> honest;
    for (const AggregationRow& row : rows.of_rank(rank, ranks)) {
      if (!std::binary_search(liars.begin(), liars.end(), row.client)) honest.push_back(row);
    }
    ThreadPool pool(1 + rank % 2);
    const auto made =
        colluding_row({&attack, liars, Stream(1, Purpose::attack)}, aggregation, honest, rows.d(),
                      {f, Stream(1, Purpose::aggregation)}, pool, exchange, patience());
    ASSERT_TRUE(made) << made.error().message;
    const std::lock_guard lock(guard);
    if (first.size() == 0) first = *made;
    EXPECT_EQ(*made, first);
  };
  if (ranks == 1) {
    work(0, nullptr);
  } else {
    run_ranks(ranks, [&](Transport& transport) {
      Exchange exchange(transport);
      work(transport.self().value, &exchange);
    });
  }
  return first;
}

TEST(Collusion, GivesTheSameBitsOnAnyNumberOfRanks) {
  const Rows rows = sharded::normal(12, 9000, 1);
  const std::vector<ClientId> liars = {Rows::client(3), Rows::client(8)};
  for (const auto& entry : attacks().entries()) {
    const auto made = attack(entry.name);
    if (!made->colludes()) continue;
    for (const char* rule : {"krum", "median", "bulyan", "centered_clipping", "dnc"}) {
      const auto aggregation = sharded::named(rule);
      const Vec alone = row_over_ranks(1, *made, aggregation, rows, liars, 2);
      for (const std::uint32_t ranks : {2U, 4U}) {
        EXPECT_EQ(row_over_ranks(ranks, *made, aggregation, rows, liars, 2), alone)
            << entry.name << " " << rule << " " << ranks;
      }
    }
  }
}

/// ‖F − μ‖ when the liars send `row`.
double damage_of(const Vec& row, const Aggregation& aggregation, Rows rows,
                 const std::vector<std::size_t>& liars) {
  Vec mean = Vec::Zero(static_cast<Index>(rows.d()));
  for (std::size_t i = 0; i < rows.n(); ++i) {
    if (std::find(liars.begin(), liars.end(), i) != liars.end()) {
      rows.columns.col(static_cast<Index>(i)) = row;
    } else {
      mean += rows.column(i) / static_cast<double>(rows.n() - liars.size());
    }
  }
  const auto done = sharded::aggregate(aggregation, rows.of_rank(0, 1), rows.d(), liars.size());
  return (done->value - mean).norm();
}

TEST(Collusion, OptimalAttacksHarmTheRuleInUseMoreThanAFixedFactor) {
  const Rows rows = sharded::normal(12, 500, 2);
  const std::vector<std::size_t> at = {3, 8};
  const std::vector<ClientId> liars = {Rows::client(3), Rows::client(8)};
  for (const char* rule : {"median", "trimmed_mean", "geometric_median", "mda", "mean"}) {
    const auto aggregation = sharded::named(rule);
    const std::size_t f = aggregation.rule->tolerated(12) > 0 ? 2 : 0;
    const Vec fixed = row_over_ranks(1, *attack("alie"), aggregation, rows, liars, f);
    const Vec best = row_over_ranks(1, *attack("optimal_alie"), aggregation, rows, liars, f);
    if (f == 0) {
      // No bound: the search runs as far as its evaluations carry it.
      EXPECT_GT(best.norm(), 1e3 * fixed.norm());
      continue;
    }
    EXPECT_GE(damage_of(best, aggregation, rows, at),
              damage_of(fixed, aggregation, rows, at) * 0.99)
        << rule;
  }
}

TEST(Collusion, ARuleThatCannotTakeFRefusesBeforeTheSearch) {
  const Rows rows = sharded::normal(6, 10, 3);
  ThreadPool pool(1);
  const std::vector<ClientId> liars = {Rows::client(5)};
  const auto made = colluding_row({attack("optimal_ipm").get(), liars, Stream(1, Purpose::attack)},
                                  sharded::named("krum"), rows.of_rank(0, 1), 10,
                                  {3, Stream(1, Purpose::aggregation)}, pool, nullptr, patience());
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, Code::bad_input);
}

}  // namespace
}  // namespace cohort
