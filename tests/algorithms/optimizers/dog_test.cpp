#include "algorithms/optimizers/dog.hpp"

#include "tests/algorithms/stages.hpp"

namespace cohort {
namespace {

constexpr double rounding = 4e-15;  // a dozen roundings

TEST(DoG, FirstStepHasTheLengthOfTheFirstDistance) {
  const Vec start = stages::surrogate(9), g = stages::surrogate(0);
  const Vec w = stages::after<DoG>({.initial = 1e-3}, {g}, start);
  const double length = 1e-3 * (1 + start.norm()) * g.norm() / std::sqrt(g.squaredNorm() + 1e-8);
  EXPECT_NEAR((w - start).norm(), length, 10 * rounding);
}

TEST(DoG, FollowsTheBox) {
  const auto g = stages::surrogates(5);
  const Vec start = stages::surrogate(9);
  const Vec w = stages::after<DoG>({.learning_rate = 0.5, .initial = 0.1}, g, start);
  Vec x = start;
  double distance = 0.1 * (1 + start.norm()), squares = 1e-8;
  for (const Vec& s : g) {
    distance = std::max(distance, (x - start).norm());
    squares += s.squaredNorm();
    x -= 0.5 * distance / std::sqrt(squares) * s;
  }
  EXPECT_TRUE(w.isApprox(x, rounding));
}

TEST(DoG, ScalingTheFunctionLeavesTheStepsAsTheyAre) {
  const auto g = stages::surrogates(5);
  const Vec start = stages::surrogate(9);
  // ε = 1e-8 against ‖g‖² of about 37.
  EXPECT_TRUE(stages::after<DoG>({.initial = 0.1}, g, start)
                  .isApprox(stages::after<DoG>({.initial = 0.1}, g, start, 1e3), 1e-9));
}

TEST(DoG, FindsARateOnAQuadratic) {
  // ½ xᵀ diag(1 … 3) x from a first distance that is far too small.
  const Vec curvature = Vec::LinSpaced(5, 1, 3);
  const OptimizerOf<DoG> optimizer({.initial = 1e-6});
  State state;
  optimizer.start(state, 5);
  Vec x = Vec::Ones(5);
  for (std::uint64_t k = 1; k <= 500; ++k) {
    optimizer.step(stages::info(k), state, x, curvature.cwiseProduct(x), 1.0);
  }
  EXPECT_LT(x.norm(), 1e-3);
}

TEST(DoG, PerTensorTreatsEachSegmentAlone) {
  Layout layout;
  layout.append("a", 2, 1, SegmentKind::weight);
  layout.append("b", 3, 1, SegmentKind::bias);
  const Vec start = stages::surrogate(9, 5);
  std::vector<Vec> g = {stages::surrogate(0, 5), stages::surrogate(1, 5)};
  g[0].tail(3) *= 100;
  const OptimizerOf<DoG> optimizer({.initial = 0.1, .per_tensor = true});
  State state;
  optimizer.start(state, 5);
  Vec w = start;
  for (const Vec& s : g) {
    StepInfo info = stages::info();
    info.layout = &layout;
    optimizer.step(info, state, w, s, 1.0);
  }
  const auto alone = [&](Index first, Index n) {
    return stages::after<DoG>({.initial = 0.1}, {g[0].segment(first, n), g[1].segment(first, n)},
                              start.segment(first, n));
  };
  EXPECT_EQ(Vec(w.head(2)), alone(0, 2));
  EXPECT_EQ(Vec(w.tail(3)), alone(2, 3));
}

TEST(DoG, StepsTurnWithTheCoordinates) {
  // A reflection: 2 u uᵀ − I.
  const Vec u = stages::surrogate(8).normalized();
  const auto turned = [&](const Vec& v) { return Vec(2 * u.dot(v) * u - v); };
  std::vector<Vec> g = stages::surrogates(5), turned_g;
  for (const Vec& s : g) turned_g.push_back(turned(s));
  const Vec start = stages::surrogate(9);
  EXPECT_TRUE(stages::after<DoG>({.initial = 0.1}, turned_g, turned(start))
                  .isApprox(turned(stages::after<DoG>({.initial = 0.1}, g, start)), 1e-13));
}

}  // namespace
}  // namespace cohort
