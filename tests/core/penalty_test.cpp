#include "core/penalty.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/layout.hpp"
#include "core/random.hpp"
#include "core/vec.hpp"

namespace cohort {
namespace {

// A few operations on numbers of size 1.
constexpr double rounding = 1e-14;

Vec some(Index d, std::uint64_t seed = 3) {
  Vec w(d);
  Stream(seed, Purpose::test).fill_normal(as_mutable_span(w));
  return w;
}
Vec prox(const Penalty& penalty, double step, Vec w, std::size_t cols) {
  penalty.prox(step, as_mutable_span(w), cols);
  return w;
}

TEST(Penalty, SoftThresholdAndShrunkGroupsAreTheFormulas) {
  const Vec w = (Vec(3) << 3, -0.5, -2).finished();
  EXPECT_EQ(prox({.l1 = 2}, 0.5, w, 3), (Vec(3) << 2, 0, -1).finished());
  // ‖(3, 4)‖ = 5 is shortened by √2 · 1 of the group's two entries.
  const Vec v = (Vec(2) << 3, 4).finished();
  EXPECT_LT((prox({.group = 1, .group_size = 2}, 1, v, 2) - (1 - std::sqrt(2.0) / 5) * v).norm(),
            rounding);
  EXPECT_EQ(prox({.group = 4, .group_size = 2}, 1, v, 2), Vec::Zero(2));
}

TEST(Penalty, AGroupIsColumnsWithAllTheirRows) {
  // W [2 × 3] row-major, groups of two columns: {0, 1} and {2}.
  const Penalty penalty{.group = 0.5, .group_size = 2};
  const Vec w = (Vec(6) << 1, 2, 30, 3, 4, 40).finished();
  EXPECT_NEAR(penalty.value(as_span(w), 3), 0.5 * (std::sqrt(4 * 30.0) + std::sqrt(2 * 2500.0)),
              1e-13);
  const Vec p = prox(penalty, 1, w, 3);
  const double narrow = 1 - 0.5 * 2 / std::sqrt(30.0), wide = 1 - 0.5 * std::sqrt(2.0) / 50;
  const Vec expected =
      (Vec(6) << narrow, 2 * narrow, 30 * wide, 3 * narrow, 4 * narrow, 40 * wide).finished();
  EXPECT_LT((p - expected).cwiseAbs().maxCoeff(), 1e-13);
}

TEST(Penalty, ProxMinimisesItsDefinition) {
  const Penalty both{.l1 = 0.3, .group = 0.2, .group_size = 4};
  const double step = 0.7;
  const Vec w = some(12);
  const Vec p = prox(both, step, w, 6);
  const auto objective = [&](const Vec& u) {
    return both.value(as_span(u), 6) + (u - w).squaredNorm() / (2 * step);
  };
  const double least = objective(p);
  for (std::uint64_t k = 0; k < 200; ++k) {
    EXPECT_GT(objective(p + 1e-3 * some(12, 10 + k)), least) << k;
  }
}

TEST(Penalty, MoreauDecompositionAndNonexpansiveness) {
  // w = prox_{ηψ}(w) + η prox_{ψ*/η}(w/η), where ψ* of the l1 norm is the box of width λ.
  const double step = 0.7, l1 = 0.4;
  const Vec w = some(20), v = some(20, 4);
  const Vec box = (w / step).cwiseMin(l1).cwiseMax(-l1);
  EXPECT_LT((prox({.l1 = l1}, step, w, 20) + step * box - w).cwiseAbs().maxCoeff(), rounding);
  const Penalty both{.l1 = 0.3, .group = 0.2, .group_size = 5};
  EXPECT_LE((prox(both, step, w, 20) - prox(both, step, v, 20)).norm(), (w - v).norm());
}

TEST(Penalty, OfALayoutIsThatOfItsSegments) {
  Layout layout;
  layout.append("weight", 1, 3, SegmentKind::weight, Owner::shared, {.l1 = 1});
  layout.append("bias", 1, 1, SegmentKind::bias);
  EXPECT_TRUE(layout.has_penalty());
  Vec w = (Vec(4) << 3, -4, 0.25, 7).finished();
  EXPECT_EQ(penalty(layout, as_span(w)), 7.25);
  apply_prox(layout, 0.5, as_mutable_span(w));
  EXPECT_EQ(w, (Vec(4) << 2.5, -3.5, 0, 7).finished());
}

TEST(Penalty, WithoutOneNothingMoves) {
  const Vec w = some(5);
  EXPECT_EQ(prox({}, 1, w, 5), w);
  EXPECT_EQ(Penalty{}.value(as_span(w), 5), 0);
}

}  // namespace
}  // namespace cohort
