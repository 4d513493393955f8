#include "worker/sharded_aggregation.hpp"

#include "comm/inproc.hpp"
#include "core/kernels.hpp"
#include "tests/comm/ranks.hpp"
#include "tests/worker/sharded_rows.hpp"

namespace cohort {
namespace {

using sharded::aggregate;
using sharded::expect_same;
using sharded::Rows;

/// Of rank 0, after checks that the other ranks know what they should.
Result<Aggregate> over_ranks(std::uint32_t ranks, const Aggregation& aggregation, const Rows& rows,
                             std::size_t f, std::size_t threads = 1) {
  std::vector<std::optional<Result<Aggregate>>> results(ranks);
  run_ranks(ranks, [&](Transport& transport) {
    Exchange exchange(transport);
    const std::uint32_t self = transport.self().value;
    results[self] =
        aggregate(aggregation, rows.of_rank(self, ranks), rows.d(), f, threads, &exchange);
  });
  for (std::uint32_t r = 1; r < ranks; ++r) {
    EXPECT_EQ(static_cast<bool>(*results[r]), static_cast<bool>(*results[0]));
    if (!*results[r]) continue;
    EXPECT_EQ((*results[r])->value.size(), 0);
    EXPECT_EQ((*results[r])->weights.clients, (*results[0])->weights.clients);
    EXPECT_EQ((*results[r])->dropped, (*results[0])->dropped);
  }
  return *std::move(results[0]);
}
Result<Aggregate> alone(const Aggregation& aggregation, const Rows& rows, std::size_t f,
                        std::size_t threads = 1) {
  return aggregate(aggregation, rows.of_rank(0, 1), rows.d(), f, threads);
}

std::size_t finite_rows(const Rows& rows) {
  std::size_t n = 0;
  for (std::size_t i = 0; i < rows.n(); ++i) {
    n += kernels::squared_norm(rows.row(i)) <= largest_squared_norm;
  }
  return n;
}

// One block of coordinates and several, whole and not; numbers of rows about those of the groups
// that the kernels work on.
TEST(ShardedAggregation, GivesTheSameBitsOnAnyNumberOfRanksAndThreads) {
  for (const std::size_t d : {1U, 5U, 4095U, 4097U, 20000U}) {
    for (const std::size_t n : {1U, 2U, 3U, 9U, 40U}) {
      for (const bool is_hostile : {false, true}) {
        const Rows rows = is_hostile ? sharded::hostile(n, d, n) : sharded::normal(n, d, n);
        for (const auto& [name, aggregation] : sharded::all_cases()) {
          const std::size_t dropped = n - finite_rows(rows);
          // Searches over subsets grow fast in f.
          const std::size_t most = sharded::most_f(aggregation, n - dropped);
          const std::size_t f = std::min(most, n / 8 + 1) + dropped;
          const auto one = alone(aggregation, rows, f);
          ASSERT_TRUE(one) << one.error().message;
          expect_same(*alone(aggregation, rows, f, 2), *one, name + ", two threads");
          for (const std::uint32_t ranks : {1U, 2U, 3U, 4U}) {
            const std::string where = name + ", n = " + std::to_string(n) +
                                      ", d = " + std::to_string(d) + ", " + std::to_string(ranks) +
                                      " ranks";
            const auto many = over_ranks(ranks, aggregation, rows, f, 1 + ranks % 2);
            ASSERT_TRUE(many) << where << many.error().message;
            expect_same(*many, *one, where);
          }
        }
      }
    }
  }
}

TEST(ShardedAggregation, AgreesWithTheRuleOnTheWholeMatrix) {
  const Rows rows = sharded::normal(11, 5000, 3);
  const Mat x = rows.columns.transpose();
  // Krum and the median give numbers of the input.
  const Vec krum = alone(sharded::named("krum"), rows, 4)->value;
  Index chosen = 0;
  (x.rowwise() - krum.transpose()).rowwise().squaredNorm().minCoeff(&chosen);
  EXPECT_EQ(krum, Vec(x.row(chosen).transpose()));
  const Vec median = alone(sharded::named("median"), rows, 5)->value;
  for (Index j = 0; j < x.cols(); j += 37) {
    std::vector<double> v(x.col(j).begin(), x.col(j).end());
    std::sort(v.begin(), v.end());
    EXPECT_EQ(median[j], v.at(5));
  }
  // Sums in another order.
  const Vec mean = alone(sharded::named("mean"), rows, 0)->value;
  EXPECT_LT((mean - x.colwise().mean().transpose()).cwiseAbs().maxCoeff(), 1e-15 * 10);
  // What maps and rules give is the weighted sum of the rows.
  for (const auto& [name, aggregation] : sharded::all_cases()) {
    if (!aggregation.gives_weights()) continue;
    const auto done = alone(aggregation, rows, sharded::most_f(aggregation, 11));
    Vec expected = Vec::Zero(x.cols());
    double total = done->weights.origin;
    for (std::size_t i = 0; i < rows.n(); ++i) {
      const auto& [client, weight] = done->weights.clients[i];
      EXPECT_EQ(client, Rows::client(i));
      expected += weight * rows.columns.col(static_cast<Index>(i));
      total += weight;
    }
    EXPECT_NEAR(total, 1.0, 1e-14) << name;
    EXPECT_LT((done->value - expected).cwiseAbs().maxCoeff(), 1e-14) << name;
  }
}

// (1/3 + 1/3 + 1/3) x is not x in floating point.
TEST(ShardedAggregation, RowsThatAllAgreeGiveThemselves) {
  Rows rows = sharded::normal(7, 300, 4);
  for (Index i = 1; i < 7; ++i) rows.columns.col(i) = rows.columns.col(0);
  for (const auto& [name, aggregation] : sharded::all_cases()) {
    if (name == "mean" || name.find("clip") != std::string::npos) continue;
    // The one gives signs, the other a sum of shares of the trusted row's length.
    if (name.find("sign_majority") != std::string::npos) continue;
    if (name.find("fltrust") != std::string::npos) continue;
    const std::size_t f = sharded::most_f(aggregation, 7);
    EXPECT_EQ(alone(aggregation, rows, f)->value, rows.column(0)) << name;
    EXPECT_EQ(over_ranks(3, aggregation, rows, f)->value, rows.column(0)) << name;
  }
}

TEST(ShardedAggregation, HonestRowsThatAgreeOutvoteAnyOthers) {
  for (const double far : {1e-3, 1e3, 1e12, 1e150}) {
    Rows rows = sharded::normal(9, 50, 5);
    for (const Index i : {1, 2, 4, 6, 7, 8}) rows.columns.col(i) = rows.columns.col(3);
    rows.columns.col(0) *= far;
    rows.columns.col(5) *= -far;
    for (const char* rule : {"median", "krum", "geometric_median"}) {
      EXPECT_EQ(alone(sharded::named(rule), rows, 2)->value, rows.column(3)) << rule << far;
      EXPECT_EQ(alone(sharded::named(rule, {"nnm"}), rows, 2)->value, rows.column(3))
          << "nnm " << rule << far;
    }
  }
}

TEST(ShardedAggregation, UpdatesThatAreNotFiniteAreDroppedNamedAndCountedAgainstF) {
  Rows rows = sharded::normal(7, 40, 6);
  rows.columns(3, 1) = std::numeric_limits<double>::quiet_NaN();
  rows.columns(0, 4) = -std::numeric_limits<double>::infinity();
  rows.columns.col(6).setConstant(1e200);  // each is finite, the squared norm is not
  Rows rest{Mat(40, 4)};
  rest.columns << rows.columns.col(0), rows.columns.col(2), rows.columns.col(3),
      rows.columns.col(5);
  const std::vector<ClientId> bad = {Rows::client(1), Rows::client(4), Rows::client(6)};

  // Of 4 rows the median takes one that is bad, and Krum none: f was 3 and 4.
  for (const std::uint32_t ranks : {1U, 3U}) {
    const auto median = over_ranks(ranks, sharded::named("median"), rows, 4);
    ASSERT_TRUE(median) << median.error().message;
    EXPECT_EQ(median->dropped, bad);
    EXPECT_EQ(median->value, alone(sharded::named("median"), rest, 1)->value);
    const auto krum = over_ranks(ranks, sharded::named("krum"), rows, 3);
    ASSERT_TRUE(krum) << krum.error().message;
    EXPECT_EQ(krum->value, alone(sharded::named("krum"), rest, 0)->value);
    EXPECT_EQ(krum->weights.clients.size(), 4U);
  }
}

TEST(ShardedAggregation, TooManyByzantineAndNothingFiniteAreErrorsOnEveryRank) {
  Rows rows = sharded::normal(7, 4, 7);
  const auto many = over_ranks(3, sharded::named("krum"), rows, 3);
  ASSERT_FALSE(many);
  EXPECT_EQ(many.error().code, Code::bad_input);
  EXPECT_EQ(many.error().message, "rule krum tolerates at most 2 Byzantine of 7 updates, f is 3");
  rows.columns.row(2).setConstant(std::numeric_limits<double>::quiet_NaN());
  const auto none = over_ranks(3, sharded::named("median"), rows, 3);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Code::diverged);
  EXPECT_EQ(none.error().message, "rule median: none of 7 updates is finite");
}

// The distances decide: honest rows are close together, relative to their length, and a far one
// must not hide which of them is in the middle.
TEST(ShardedAggregation, DistancesAreAccurateNextToAFarRow) {
  Rows rows = sharded::normal(8, 9000, 8);
  rows.columns *= 1e-7;
  rows.columns.array() += 3.0;
  rows.columns.col(2).setConstant(1e12);
  const Mat& x = rows.columns;
  std::vector<long double> scores(8, 0);
  for (Index i = 0; i < 8; ++i) {
    std::vector<long double> distances;
    for (Index j = 0; j < 8; ++j) {
      long double d2 = 0;
      for (Index k = 0; k < x.rows(); ++k) {
        const long double e = static_cast<long double>(x(k, i)) - static_cast<long double>(x(k, j));
        d2 += e * e;
      }
      if (j != i) distances.push_back(d2);
    }
    std::sort(distances.begin(), distances.end());
    for (std::size_t k = 0; k < 5; ++k) scores[static_cast<std::size_t>(i)] += distances[k];
  }
  const auto best = std::min_element(scores.begin(), scores.end()) - scores.begin();
  EXPECT_EQ(alone(sharded::named("krum"), rows, 1)->value, Vec(x.col(best)));
}

TEST(ShardedAggregation, AnotherBlockFollowsWithTheSameWeights) {
  const Rows rows = sharded::normal(10, 60, 9);
  const Rows other = sharded::normal(10, 5000, 10);
  for (const char* maps : {"", "clip"}) {
    const auto aggregation = *maps == 0 ? sharded::named("geometric_median")
                                        : sharded::named("geometric_median", {maps});
    const RowWeights weights = alone(aggregation, rows, 4)->weights;
    Vec expected = Vec::Zero(5000);
    for (std::size_t i = 0; i < 10; ++i) {
      expected += weights.clients[i].second * other.columns.col(static_cast<Index>(i));
    }
    ThreadPool pool(1);
    const auto one =
        combine_rows(weights, other.of_rank(0, 1), other.d(), pool, nullptr, patience());
    EXPECT_LT((*one - expected).cwiseAbs().maxCoeff(), 1e-14);
    run_ranks(4, [&](Transport& transport) {
      Exchange exchange(transport);
      ThreadPool own(1);
      const auto many = combine_rows(weights, other.of_rank(transport.self().value, 4), other.d(),
                                     own, &exchange, patience());
      if (transport.self() == Rank(0)) {
        EXPECT_EQ(*many, *one);
      } else {
        EXPECT_EQ(many->size(), 0);
      }
    });
  }
}

TEST(ShardedAggregation, ARowWithoutAWeightDoesNotFollow) {
  const Rows rows = sharded::normal(3, 4, 11);
  const RowWeights weights{{{Rows::client(0), 0.25}, {Rows::client(2), 0.75}}, 0.0};
  ThreadPool pool(1);
  const Vec value = *combine_rows(weights, rows.of_rank(0, 1), 4, pool, nullptr, patience());
  EXPECT_LT((value - 0.25 * rows.columns.col(0) - 0.75 * rows.columns.col(2)).norm(), 1e-15);
}

// Four tiles in flight, two each way, of 4 MiB or of one block of every row.
TEST(ShardedAggregation, TilesTakeAFractionOfTheRows) {
  const Rows rows = sharded::normal(16, 400000, 12);
  const std::uint64_t whole = rows.n() * rows.d() * sizeof(double);
  for (const auto& name : {"median", "krum"}) {
    const auto done = over_ranks(2, sharded::named(name), rows, 2);
    EXPECT_GT(done->tile_bytes, 0U);
    EXPECT_LE(done->tile_bytes, 4U * (4U << 20)) << name;
    EXPECT_LT(done->tile_bytes, whole / 3) << name;
  }
}

// Elements on the wire may be f32; their sums are in double all the same.
TEST(ShardedAggregation, SinglePrecisionGivesTheBitsOfTheSameNumbersInDouble) {
  Rows rows = sharded::normal(11, 9001, 13);
  const Eigen::MatrixXf singles = rows.columns.cast<float>();
  rows.columns = singles.cast<double>();
  const auto row = [&](std::size_t i) {
    return SingleRow{Rows::client(i), {singles.data() + i * rows.d(), rows.d()}};
  };
  for (const auto& [name, aggregation] : sharded::all_cases()) {
    const std::size_t f = sharded::most_f(aggregation, 11);
    const auto in_double = alone(aggregation, rows, f);
    ASSERT_TRUE(in_double) << name << in_double.error().message;
    std::vector<SingleRow> all;
    for (std::size_t i = 0; i < rows.n(); ++i) all.push_back(row(i));
    ThreadPool pool(1);
    const RoundInput round{f, Stream(1, Purpose::aggregation)};
    const auto single =
        aggregate_rows(aggregation, all, rows.d(), round, pool, nullptr, patience());
    ASSERT_TRUE(single) << name << single.error().message;
    expect_same(*single, *in_double, name);
  }
  run_ranks(3, [&](Transport& transport) {
    Exchange exchange(transport);
    ThreadPool pool(1);
    std::vector<SingleRow> mine;
    for (std::size_t i = 0; i < rows.n(); ++i) {
      if (i * 3 / rows.n() == transport.self().value) mine.push_back(row(i));
    }
    for (const char* rule : {"median", "krum", "centered_clipping"}) {
      const auto done =
          aggregate_rows(sharded::named(rule), mine, rows.d(), {2, Stream(1, Purpose::aggregation)},
                         pool, &exchange, patience());
      ASSERT_TRUE(done) << done.error().message;
      if (transport.self() == Rank(0)) {
        EXPECT_EQ(done->value, alone(sharded::named(rule), rows, 2)->value) << rule;
      }
    }
  });
}

TEST(ShardedAggregation, CenteredClippingStepsFromTheLastResult) {
  Rows rows = sharded::normal(9, 5000, 14);
  rows.columns.col(4).setConstant(1e9);
  const Vec last = sharded::normal(1, 5000, 15).column(0) * 0.1;
  // By hand, in the order of the formula, with radius 10 and one iteration.
  Vec expected = last;
  for (std::size_t i = 0; i < 9; ++i) {
    const Vec step = rows.column(i) - last;
    expected += step * std::min(1.0, 10.0 / step.norm()) / 9.0;
  }
  for (const std::uint32_t ranks : {1U, 4U}) {
    Vec value;
    const auto work = [&](std::uint32_t rank, Exchange* exchange) {
      ThreadPool pool(1);
      const RoundInput round{2, Stream(1, Purpose::aggregation), as_span(last)};
      const auto done =
          aggregate_rows(sharded::named("centered_clipping"), rows.of_rank(rank, ranks), 5000,
                         round, pool, exchange, patience());
      ASSERT_TRUE(done) << done.error().message;
      double total = done->weights.previous + done->weights.origin;
      for (const auto& [client, weight] : done->weights.clients) total += weight;
      EXPECT_NEAR(total, 1.0, 1e-14);
      if (rank == 0) value = done->value;
    };
    if (ranks == 1) {
      work(0, nullptr);
    } else {
      run_ranks(ranks, [&](Transport& transport) {
        Exchange exchange(transport);
        work(transport.self().value, &exchange);
      });
    }
    EXPECT_LT((value - expected).norm(), 1e-11 * expected.norm()) << ranks;
  }
}

TEST(ShardedAggregation, WeightsOfRowsReachTheRule) {
  const Rows rows = sharded::normal(5, 3000, 16);
  auto weighted = rows.of_rank(0, 1);
  for (std::size_t i = 0; i < 5; ++i) weighted[i].weight = i == 2 ? 7.0 : 1.0;
  ThreadPool pool(1);
  const RoundInput round{0, Stream(1, Purpose::aggregation)};
  // More than half of the weight is on one row.
  for (const char* rule : {"median", "geometric_median"}) {
    const auto done =
        aggregate_rows(sharded::named(rule), weighted, 3000, round, pool, nullptr, patience());
    EXPECT_EQ(done->value, rows.column(2)) << rule;
  }
  const auto mean =
      aggregate_rows(sharded::named("mean"), weighted, 3000, round, pool, nullptr, patience());
  const Vec expected = (rows.columns.rowwise().sum() + 6.0 * rows.column(2)) / 11.0;
  EXPECT_LT((mean->value - expected).cwiseAbs().maxCoeff(), 1e-14);
}

TEST(ShardedAggregation, ATrustedClientThatIsAbsentIsAnErrorOnEveryRank) {
  const Rows rows = sharded::normal(7, 20, 17);
  std::vector<AggregationRow> all = rows.of_rank(0, 1);
  all.erase(all.begin());  // client 0
  const auto done = sharded::aggregate(sharded::named("monna"), all, 20, 1);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().message, "rule monna trusts client 0, who is not among the 6 updates");
}

}  // namespace
}  // namespace cohort
