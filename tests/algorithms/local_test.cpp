#include "algorithms/local.hpp"

#include <set>

#include "tests/algorithms/drive.hpp"

namespace cohort {
namespace {

using drive::Quadratics;
using drive::table;
using Rows = std::vector<std::uint64_t>;

/// Rows of every step of a round of FedAvg with these options on one client of `rows` rows.
std::vector<Rows> batches(ConfigNode options, Index rows, std::uint64_t rounds = 1,
                          std::uint64_t seed = 1) {
  Quadratics f(drive::different_clients(1, 2, rows));
  Quadratics::Batches seen;
  f.seen = &seen;
  options.set("type", drive::Value("fedavg"));
  drive::Run run(options, f, {1.0}, seed);
  for (std::uint64_t r = 0; r < rounds; ++r) run.round();
  std::vector<Rows> out;
  for (const auto& [client, picked] : seen) out.push_back(picked);
  return out;
}
std::vector<std::size_t> sizes(const std::vector<Rows>& all) {
  std::vector<std::size_t> out;
  for (const Rows& b : all) out.push_back(b.size());
  return out;
}
Rows joined(const std::vector<Rows>& all, std::size_t first, std::size_t count) {
  Rows out;
  for (std::size_t i = first; i < first + count; ++i) {
    out.insert(out.end(), all[i].begin(), all[i].end());
  }
  return out;
}
Rows all_rows(std::uint64_t n) {
  Rows out(n);
  for (std::uint64_t i = 0; i < n; ++i) out[i] = i;
  return out;
}

TEST(LocalLoop, EpochVisitsEachRowOnceAndKeepsTheShortLastBatch) {
  const auto seen = batches(table({{"batch_size", 4}, {"local_epochs", 3}}), 10);
  EXPECT_EQ(sizes(seen), (std::vector<std::size_t>{4, 4, 2, 4, 4, 2, 4, 4, 2}));
  for (std::size_t epoch = 0; epoch < 3; ++epoch) {
    EXPECT_THAT(joined(seen, 3 * epoch, 3), testing::UnorderedElementsAreArray(all_rows(10)));
  }
}

TEST(LocalLoop, EpochsAndRoundsHaveTheirOwnOrder) {
  const auto seen = batches(table({{"batch_size", 5}, {"local_epochs", 2}}), 40, 2);
  const std::set<Rows> orders = {joined(seen, 0, 8), joined(seen, 8, 8), joined(seen, 16, 8),
                                 joined(seen, 24, 8)};
  EXPECT_EQ(orders.size(), 4U);
}

TEST(LocalLoop, OrderIsThePermutationOfClientRoundAndEpoch) {
  const auto seen = batches(table({{"batch_size", 3}, {"local_epochs", 2}}), 9, 1, 5);
  const auto order = permutation(Stream(5, Purpose::batches, 0, 1).sub(0).sub(1), 9);
  EXPECT_EQ(joined(seen, 3, 3), Rows(order.begin(), order.end()));
}

TEST(LocalLoop, DefaultIsOneEpoch) {
  EXPECT_EQ(sizes(batches(table({{"batch_size", 4}}), 10)), (std::vector<std::size_t>{4, 4, 2}));
}

TEST(LocalLoop, LocalStepsGoOnOverEpochs) {
  const auto seen = batches(table({{"batch_size", 4}, {"local_steps", 5}}), 10);
  EXPECT_EQ(sizes(seen), (std::vector<std::size_t>{4, 4, 2, 4, 4}));
  EXPECT_THAT(joined(seen, 0, 3), testing::UnorderedElementsAreArray(all_rows(10)));
  // The first batches of an epoch do not depend on how many follow.
  const auto fewer = batches(table({{"batch_size", 4}, {"local_steps", 2}}), 10);
  EXPECT_EQ(fewer[1], seen[1]);
}

TEST(LocalLoop, BatchOfAtLeastAllRowsIsAllRowsInOrder) {
  for (const int size : {0, 10, 11, 1000}) {
    const auto seen = batches(table({{"batch_size", size}, {"local_epochs", 2}}), 10);
    EXPECT_EQ(seen, (std::vector<Rows>{all_rows(10), all_rows(10)})) << size;
  }
}

TEST(LocalLoop, ClientWithoutRowsTakesNoStepAndSendsZero) {
  auto clients = drive::different_clients(2, 3, 5);
  clients[1].b.resize(3, 0);
  const Quadratics f(std::move(clients));
  drive::Run run(table({{"type", "fedavg"}, {"batch_size", 2}}), f, {1.0, 0.0});
  EXPECT_EQ(run.answer(run.next_ask(), 1).payload().at("update").to_vec(), Vec::Zero(3));
}

TEST(LocalLoop, ClientsSeedsAndRoundsHaveDifferentBatches) {
  Quadratics f(drive::different_clients(2, 3, 30));
  Quadratics::Batches seen;
  f.seen = &seen;
  for (const std::uint64_t seed : {1U, 2U, 1U}) {
    drive::Run run(table({{"type", "fedavg"}, {"batch_size", 10}, {"local_steps", 1}}), f,
                   drive::equal_weights(2), seed);
    run.rounds(2);
  }
  ASSERT_EQ(seen.size(), 12U);  // by seed, round, client
  std::set<Rows> different;
  for (std::size_t i = 0; i < 8; ++i) different.insert(seen[i].second);
  EXPECT_EQ(different.size(), 8U);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(seen[8 + i], seen[i]);
}

TEST(LocalLoop, MethodsUnderOneSeedSeeTheSameBatches) {
  Quadratics f(drive::different_clients(3, 3, 12));
  Quadratics::Batches of_fedavg, of_scaffold;
  for (const auto& [name, seen] :
       {std::pair{"fedavg", &of_fedavg}, std::pair{"scaffold", &of_scaffold}}) {
    f.seen = seen;
    drive::Run(table({{"type", name}, {"batch_size", 5}, {"local_epochs", 2}}), f,
               drive::equal_weights(3))
        .rounds(3);
  }
  EXPECT_FALSE(of_fedavg.empty());
  EXPECT_EQ(of_fedavg, of_scaffold);
}

TEST(LocalLoop, StepsAndRatesAreCounted) {
  const Quadratics f(drive::different_clients(1, 3, 10));
  Mistakes mistakes;
  ConfigNode effective;
  const LocalPipeline pipeline = make_local_pipeline(nullptr, "local", {}, mistakes, effective);
  ThreadPool pool(1);
  Scratch scratch;
  OracleCounts counts;
  Oracle oracle(f, ClientId(0), {pool, scratch}, counts);
  ClientBuffers buffers;
  ClientPipelineState state;
  ClientContext client;
  client.round = Round(1);
  client.local = &pipeline;
  client.pipeline_state = &state;
  client.buffers = &buffers;
  Vec y = Vec::Zero(3);
  std::uint64_t corrected = 0;
  LocalWork work;
  work.local_epochs = 2;
  work.batch_size = 4;
  const LocalRun run =
      run_local(client, work, oracle, y, [&](Oracle&, VecView, VecRef) { ++corrected; });
  EXPECT_EQ(run.steps, 6U);
  EXPECT_EQ(corrected, 6U);
  EXPECT_NEAR(run.rate_sum, 0.6, 1e-15);
}

/// Σ of what Adam or momentum would do differently if it forgot: the models after two rounds.
Vec after_two_rounds(const char* state) {
  const Quadratics f(drive::different_clients(2, 3, 8));
  const ConfigNode local = table({{"transforms", drive::list({"momentum"})},
                                  {"optimizer", table({{"type", "adam"}, {"learning_rate", 0.1}})},
                                  {"state", state}});
  drive::Run run(table({{"type", "fedavg"}, {"local", local}}), f, drive::equal_weights(2));
  run.rounds(2);
  return run.x;
}

TEST(LocalLoop, StateIsKeptOrStartsAnewAsTheScenarioSays) {
  EXPECT_NE(after_two_rounds("keep"), after_two_rounds("reset"));

  // Reset: the second round is what a client that was never asked before would do.
  const Quadratics f(drive::different_clients(1, 3, 8));
  const auto step = [&](drive::Run& run) {
    return run.answer(run.next_ask(), 0).payload().at("update").to_vec();
  };
  const auto method = [](const char* state) {
    return table({{"type", "fedavg"},
                  {"local", table({{"transforms", drive::list({"momentum"})}, {"state", state}})},
                  {"server", table({{"optimizer", table({{"learning_rate", 0.0}})}})}});
  };
  drive::Run reset(method("reset"), f, {1.0}), keep(method("keep"), f, {1.0});
  const Vec first = step(reset);
  EXPECT_EQ(step(keep), first);
  reset.round();  // with server rate 0 the model stays
  keep.round();
  EXPECT_EQ(step(reset), first);
  EXPECT_TRUE(step(keep).isApprox(1.9 * first, 1e-14));  // v = 0.9 g + g
}

TEST(LocalLoop, StateOfADroppedReplyIsForgotten) {
  const Quadratics f(drive::different_clients(2, 3, 8));
  const ConfigNode method =
      table({{"type", "fedavg"},
             {"local", table({{"transforms", drive::list({"momentum"})}, {"state", "keep"}})}});
  drive::Run dropped(method, f, drive::equal_weights(2)),
      absent(method, f, drive::equal_weights(2));
  dropped.round({0, 1}, {1});
  absent.round({0});
  EXPECT_EQ(to_bytes(dropped), to_bytes(absent));
}

}  // namespace
}  // namespace cohort
