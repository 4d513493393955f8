#include "algorithms/estimators/zord.hpp"

#include "tests/algorithms/estimators/unequal_rows.hpp"

namespace cohort {
namespace {

using namespace stages;

std::uint64_t asked(const Estimating& ask) {
  return ask.counts.calls[static_cast<std::size_t>(Query::value)];
}

Zord::Options small() {
  return {.length = 3, .noise = 1e-10, .window = 40, .active = 12, .radius = 0.05};
}

TEST(Zord, IsTheGradientWherePointsAreDense) {
  const UnequalRows f(6, 5);
  for (const KernelName kernel : {KernelName::rbf, KernelName::matern52}) {
    Zord::Options options = small();
    options.kernel = kernel;
    Estimating ask(f, estimator<Zord>(options));
    const Vec w = surrogate(1, 5);
    const Vec g = ask(w, all_rows(6), 0);
    EXPECT_EQ(asked(ask), 13U);
    // Twelve points in five dimensions know the slope; curvature times the radius is what is left.
    EXPECT_LT((g - ask.full(w)).norm(), 0.05 * ask.full(w).norm());
  }
}

TEST(Zord, WithFewerPointsThanDimensionsItIsAboutAProjection) {
  const UnequalRows f(3, 30);
  Zord::Options options = small();
  options.active = 10;
  options.candidates = 0;
  Estimating ask(f, estimator<Zord>(options));
  const Vec w = surrogate(1, 30);
  const Vec g = ask(w, all_rows(3), 0), full = ask.full(w);
  EXPECT_LT(g.norm(), full.norm());
  // E cos² = 10/30 for a random subspace.
  EXPECT_NEAR(g.dot(full) / (g.norm() * full.norm()), std::sqrt(1.0 / 3), 0.2);
  EXPECT_NEAR(g.dot(full), g.squaredNorm(), 0.05 * g.squaredNorm());
}

TEST(Zord, WhatWasAskedBeforeHelps) {
  const UnequalRows f(3, 20);
  Zord::Options options = small();
  options.active = 4;
  options.window = 100;
  Estimating ask(f, estimator<Zord>(options));
  const Vec w = surrogate(1, 20), full = ask.full(w);
  const double first = (ask(w, all_rows(3), 0) - full).norm();
  double last = 0;
  for (std::uint64_t step = 1; step < 8; ++step) last = (ask(w, all_rows(3), step) - full).norm();
  // Curvature times the radius is what is left.
  EXPECT_LT(last, 0.15 * first);
  EXPECT_EQ(asked(ask), 1U + 8U * 4U);  // w itself once
}

TEST(Zord, ASureSurrogateTakesStepsWithoutAsking) {
  const UnequalRows f(3, 4);
  Zord::Options options = small();
  options.trust = 0.2;
  Estimating ask(f, estimator<Zord>(options));
  const Vec w = surrogate(1, 4);
  ask(w, all_rows(3), 0);
  EXPECT_EQ(asked(ask), 13U);
  ask(w + Vec::Constant(4, 0.01), all_rows(3), 1);
  EXPECT_EQ(asked(ask), 13U);
  ask(w + Vec::Constant(4, 9), all_rows(3), 2);  // far away nothing is known
  EXPECT_EQ(asked(ask), 26U);
}

TEST(Zord, AsksWhereTheSurrogateKnowsLeast) {
  // Known on the left of w; the candidates of largest uncertainty are then on the right.
  const UnequalRows f(1, 1);
  ThreadPool pool(1);
  Scratch scratch;
  OracleCounts counts;
  Oracle oracle(f, ClientId(0), {pool, scratch}, counts);
  const Zord zord{{.length = 0.1, .window = 50, .active = 3, .candidates = 200, .radius = 0.2}};
  Zord::Memory memory;
  memory.start(1);
  zord.start_round(memory, 1);
  for (int j = 1; j <= 10; ++j) zord.ask(memory, oracle, Vec::Constant(1, -0.02 * j));
  const std::size_t before = memory.store.size();
  zord.explore(Stream(4, Purpose::test), memory, oracle, Vec::Zero(1), 3, 200);
  ASSERT_EQ(memory.store.size(), before + 3);
  for (std::size_t j = before; j < before + 3; ++j) EXPECT_GT(memory.store.point(j)[0], 0.05);
}

TEST(Zord, RemembersNoMoreThanItIsAllowed) {
  const UnequalRows f(3, 4);
  Zord::Options options = small();
  options.memory = 30;
  Estimating ask(f, estimator<Zord>(options));
  for (int round = 0; round < 5; ++round) ask(surrogate(1, 4), all_rows(3), 0);
  EXPECT_LE(ask.memory<Zord::Memory>().store.size(), 30U + 13U);
}

// Nothing but the store is saved, and a round from it has the same bits.
TEST(Zord, ARoundFromASavedStoreIsTheSame) {
  const UnequalRows f(3, 4);
  Estimating ask(f, estimator<Zord>(small()));
  for (std::uint64_t step = 0; step < 3; ++step) ask(surrogate(step, 4), all_rows(3), step);
  Estimating resumed(f, estimator<Zord>(small()));
  const auto saved = to_bytes(ask.memory<Zord::Memory>());
  resumed.memory<Zord::Memory>() = *from_bytes<Zord::Memory>(saved);
  for (std::uint64_t step = 0; step < 3; ++step) {
    EXPECT_EQ(ask(surrogate(9 + step, 4), all_rows(3), step),
              resumed(surrogate(9 + step, 4), all_rows(3), step));
  }
}

}  // namespace
}  // namespace cohort
