#include "algorithms/estimators/minibatch.hpp"

#include "tests/algorithms/drive.hpp"
#include "tests/algorithms/stages.hpp"

namespace cohort {
namespace {

TEST(Minibatch, MeanOverTheBatchesOfAnEpochIsTheGradientOfAllRows) {
  const drive::Quadratics f(drive::different_clients(1, 4, 6));
  const EstimatorOf<Minibatch> minibatch({});
  ThreadPool pool(1);
  Scratch scratch;
  OracleCounts counts;
  Oracle all(f, ClientId(0), {pool, scratch}, counts);
  const auto order = permutation(Stream(1, Purpose::test), 6);
  const Vec w = Vec::Ones(4);
  Vec g(4), mean = Vec::Zero(4);
  State state;
  for (std::size_t first = 0; first < 6; first += 2) {
    Oracle batch = all.on(std::span(order).subspan(first, 2));
    const double value = minibatch.estimate(stages::info(), state, all, batch, w, g);
    EXPECT_EQ(value, batch.value(w));
    mean += g / 3.0;
  }
  all.gradient(w, g);
  EXPECT_TRUE(mean.isApprox(g, 1e-14));  // 3 terms of order one
}

}  // namespace
}  // namespace cohort
