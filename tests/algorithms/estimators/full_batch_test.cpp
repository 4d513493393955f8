#include "algorithms/estimators/full_batch.hpp"

#include "tests/algorithms/drive.hpp"

namespace cohort {
namespace {

using drive::table;

TEST(FullBatch, TakesAllRowsAndOneStepAnEpochWhateverTheBatchSize) {
  drive::Quadratics f(drive::different_clients(1, 3, 10));
  drive::Quadratics::Batches seen;
  f.seen = &seen;
  drive::Run run(table({{"type", "fedavg"},
                        {"batch_size", 2},
                        {"local_epochs", 3},
                        {"local", table({{"estimator", "full_batch"}})}}),
                 f, {1.0});
  run.round();
  ASSERT_EQ(seen.size(), 3U);
  for (const auto& [client, rows] : seen) EXPECT_EQ(rows.size(), 10U);
}

TEST(FullBatch, IsMinibatchWithAllRowsBitwise) {
  const drive::Quadratics f(drive::different_clients(3, 3, 10));
  drive::Run full(table({{"type", "fedavg"}, {"local", table({{"estimator", "full_batch"}})}}), f,
                  drive::equal_weights(3));
  drive::Run mini(table({{"type", "fedavg"}, {"batch_size", 10}}), f, drive::equal_weights(3));
  full.rounds(3);
  mini.rounds(3);
  EXPECT_EQ(full.x, mini.x);
}

}  // namespace
}  // namespace cohort
